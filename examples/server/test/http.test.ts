// timeout: 300 s
import { once } from 'node:events';
import { connect } from 'node:net';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Program, put, running, withConfigDir } from './program.ts';

const service =
  (test: (program: Program) => Promise<void>, ...args: readonly string[]) =>
  () =>
    running(args, test);

/** Runs a test with a directory, and with what changes one flag and waits until the service has it. */
const tuned = (test: (program: Program, set: (flag: string, text: string) => Promise<void>) => Promise<void>) => () =>
  withConfigDir((dir) =>
    running(['--config_dir', dir], async (program) => {
      // The lines of the first load are out before this one: none of them is taken for an answer to `set`.
      await eventually(() => program.events('watcher').some(({ source }) => String(source).startsWith('mount')));
      await test(program, async (flag, text) => {
        const before = program.events('change', flag).length;
        put(dir, flag, `${text}\n`);
        await eventually(() => program.events('change', flag).length > before);
      });
    }),
  );

describe('the HTTP server', (it) => {
  it(
    'shows a page that links the rest, and escapes what it shows',
    service(
      async (program) => {
        const response = await program.fetch('/');
        const page = await response.text();
        assert.is(response.headers.get('content-type'), 'text/html; charset=utf-8');
        assert.is(response.headers.get('content-security-policy'), "default-src 'none'");
        assert.ok(page.includes('<h1>&lt;b&gt;&quot;hi&quot; &amp; &#39;ho&#39;</h1>'), page);
        for (const path of [
          '/values',
          '/search?user=a',
          '/recommendations',
          '/debug/flagz',
          '/metrics',
          '/healthz',
          '/readyz',
        ]) {
          assert.ok(page.includes(`href="${path}"`), path);
        }
      },
      '--greeting',
      `<b>"hi" & 'ho'`,
    ),
  );

  it(
    'lets nobody in at 0 percent, everybody at 100, and keeps at 50 who was in at 10',
    tuned(async (program, set) => {
      const users = Array.from({ length: 40 }, (_, index) => `user ${index}`);
      const inside = async (): Promise<readonly string[]> => {
        const found = await Promise.all(users.map((user) => program.indexOf(user)));
        return users.filter((_, index) => found[index] === 'fast');
      };
      assert.equal(await inside(), []);
      await set('search_rollout_percent', '10');
      const early = await inside();
      await set('search_rollout_percent', '50');
      const half = await inside();
      assert.ok(half.length > early.length && half.length < users.length);
      assert.equal(
        early.filter((user) => !half.includes(user)),
        [],
      );
      await set('search_rollout_percent', '100');
      assert.equal(await inside(), users);
      await set('enabled_features', '');
      assert.equal(await inside(), []);
    }),
  );

  it(
    'asks who searches',
    service(async (program) => {
      const response = await program.fetch('/search');
      assert.is(response.status, 400);
      assert.equal(await response.json(), { error: 'say who searches: /search?user=NAME' });
    }),
  );

  it(
    'switches recommendations off, with a reason',
    tuned(async (program, set) => {
      assert.ok(Array.isArray(await program.json('/recommendations')));
      await set('recommendations_enabled', 'false');
      const response = await program.fetch('/recommendations');
      assert.is(response.status, 503);
      assert.equal(await response.json(), { error: 'the flag recommendations_enabled switches this off' });
    }),
  );

  it(
    'answers 404 where nothing is, 405 to other methods, and HEAD without a body',
    service(async (program) => {
      const nothing = await program.fetch('/nothing');
      assert.equal([nothing.status, await nothing.json()], [404, { error: 'nothing is at /nothing' }]);

      const post = await program.fetch('/values', { method: 'POST', body: 'x'.repeat(100_000) });
      assert.equal(
        [post.status, post.headers.get('allow'), await post.json()],
        [405, 'GET, HEAD', { error: 'POST is not allowed' }],
      );

      const head = await program.fetch('/healthz', { method: 'HEAD' });
      const got = await program.fetch('/healthz');
      assert.equal([head.status, await head.text()], [200, '']);
      assert.is(head.headers.get('content-length'), got.headers.get('content-length'));
    }),
  );

  it(
    'answers 400 to a target that is no path, and takes no path for a host',
    service(async (program) => {
      const { port } = new URL(await program.listening());
      const answers = ['*', 'http://[', '//values'].map(async (target) => statusOf(Number(port), target));
      assert.equal(await Promise.all(answers), ['400', '400', '404']);
    }),
  );
});

describe('the flags that tune the server', (it) => {
  it(
    'deny or allow requests above the rate',
    tuned(async (program, set) => {
      await set('rate_limiting_config', '{"default_rate":1,"policy":"deny"}');
      await eventually(async () => (await program.fetch('/recommendations')).status === 429);
      const denied = await program.fetch('/search?user=a');
      assert.equal([denied.status, denied.headers.get('retry-after')], [429, '1']);
      assert.is((await program.fetch('/healthz')).status, 200);

      await set('rate_limiting_config', '{"default_rate":1,"policy":"allow"}');
      for (let count = 0; count < 5; count++) assert.is((await program.fetch('/search?user=a')).status, 200);
    }),
  );

  it(
    'refuse a rate below 1, and what the schema does not know',
    tuned(async (program, set) => {
      await set('rate_limiting_config', '{"default_rate":7,"policy":"allow"}');
      await Promise.all([
        set('rate_limiting_config', '{"default_rate":0,"policy":"allow"}').catch(() => {}),
        eventually(() => program.events('rejected', 'rate_limiting_config').length === 1),
      ]);
      assert.match(String(program.events('rejected')[0]?.['reason']), /default_rate must be at least 1/);
      assert.is((await program.values())['rate_limiting_config'], '{"default_rate":7,"policy":"allow"}');
    }),
  );

  it(
    'end a request that does not come to its end in time',
    tuned(async (program, set) => {
      await set('request_timeout', '1.5ms');
      const { port } = new URL(await program.listening());
      const socket = connect(Number(port), '127.0.0.1');
      socket.setEncoding('utf8').write('GET /healthz HTTP/1.1\r\n');
      const [answer] = (await once(socket, 'data')) as [string];
      assert.match(answer, /^HTTP\/1\.1 408 /);
      socket.destroy();
    }),
  );

  it(
    'bound the connections',
    tuned(async (program, set) => {
      await set('max_connections', '1');
      const { port } = new URL(await program.listening());
      const first = connect(Number(port), '127.0.0.1');
      await once(first, 'connect');
      await eventually(() =>
        program.fetch('/healthz').then(
          () => false,
          () => true,
        ),
      );
      first.destroy();
      await eventually(async () => (await program.fetch('/healthz')).ok);
    }),
  );

  it(
    'let pages of other origins read the answers',
    tuned(async (program, set) => {
      const allowed = async (origin: string): Promise<string | null> =>
        (await program.fetch('/values', { headers: { origin } })).headers.get('access-control-allow-origin');
      assert.is(await allowed('https://a.example'), null);
      await set('allowed_origins', 'https://a.example,https://b.example');
      assert.is(await allowed('https://b.example'), 'https://b.example');
      assert.is(await allowed('https://c.example'), null);
    }),
  );

  it(
    'choose the requests that are logged, never the events of flags',
    tuned(async (program, set) => {
      await program.fetch('/healthz');
      await program.fetch('/nothing');
      await eventually(() => logged(program).length === 1);
      await set('log_level', 'error');
      await program.fetch('/nothing');
      await set('log_level', 'debug');
      await program.fetch('/healthz');
      await eventually(() => logged(program).length === 2);
      assert.equal(logged(program), ['/nothing 404', '/healthz 200']);
    }),
  );
});

function logged(program: Program): readonly string[] {
  return program.events('request').map(({ path, status }) => `${String(path)} ${String(status)}`);
}

async function statusOf(port: number, target: string): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8').write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return answer.split(' ')[1];
}
