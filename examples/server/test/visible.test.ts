// timeout: 300 s
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { assert, describe } from '@flagz/test-runner';
import { type Series, startPrometheus } from '@flagz/testbed-prometheus';
import { eventually } from '@flagz/testing';
import { type Program, put, running, withConfigDir } from './program.ts';

const SET = { flag: 'log_level', value: 'debug' };

function post(program: Program, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  return program.fetch('/debug/flagz', init);
}

describe('/debug/flagz of the service', (it) => {
  it('is a page for a browser, YAML for a cluster, JSON for everybody else, and open to no other origin', () =>
    running(['--api_token', 'tell-nobody', '--allowed_origins', 'https://shop.example'], async (program) => {
      const page = await program.fetch('/debug/flagz', { headers: { accept: 'text/html' } });
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.not.match(await page.text(), /tell-nobody/);
      const json = await program.fetch('/debug/flagz?type=static', { headers: { origin: 'https://shop.example' } });
      assert.is(json.headers.get('access-control-allow-origin'), null);
      const { set, flags } = (await json.json()) as { set: string; flags: { name: string }[] };
      assert.is(set, 'demo');
      assert.ok(flags.some(({ name }) => name === 'debug_writable'));
      const accept = 'application/yaml;as=Flagz;v=v1beta1;g=config.k8s.io';
      const yaml = await (await program.fetch('/debug/flagz', { headers: { accept } })).text();
      assert.match(yaml, /^kind: Flagz\napiVersion: config.k8s.io\/v1beta1\n[^]*\n {2}log_level: info\n/);
    }));

  it('sets nothing unless debug_writable is on', () =>
    running([], async (program) => {
      assert.is((await post(program, SET)).status, 405);
      assert.is((await program.values())['log_level'], 'info');
    }));

  it('sets for this machine, under its own name only, and logs each attempt', () =>
    running(['--debug_writable'], async (program) => {
      assert.is((await post(program, SET)).status, 200);
      assert.is((await program.values())['log_level'], 'debug');
      assert.is((await post(program, SET, { origin: 'https://evil.example' })).status, 403);
      const headers = { 'content-type': 'application/json', host: 'evil.example', connection: 'close' };
      const request = httpRequest(`${await program.listening()}/debug/flagz`, { method: 'POST', headers });
      request.end(JSON.stringify(SET));
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      assert.is(response.statusCode, 403);
      await eventually(() => program.events('attempt').length === 3);
      assert.equal(
        program.events('attempt').map(({ outcome, actor }) => [outcome, actor]),
        [
          ['accepted', 'this machine'],
          // From this machine, but sent by a page of another origin.
          ['denied', 'this machine'],
          ['denied', undefined],
        ],
      );
    }));

  it('keeps nobody from stopping the service, while a page follows changes', () =>
    running([], async (program) => {
      const live = await program.fetch('/debug/flagz?live=');
      const stopped = Date.now();
      program.process.kill('SIGTERM');
      await live.text();
      assert.is(await program.ended, 0);
      assert.ok(Date.now() - stopped < 2_500);
    }));
});

describe('/metrics of two instances, in a real Prometheus', (it) => {
  it('tells checksums, who lags, refusals and what is stale', () =>
    withConfigDir((one) =>
      withConfigDir((two) =>
        running(['--config_dir', one], (first) =>
          running(['--config_dir', two], async (second) => {
            const targets = [await first.listening(), await second.listening()].map((url) => new URL(url).host);
            await using prometheus = await startPrometheus(targets);
            const answers = (promql: string, right: (series: readonly Series[]) => boolean): Promise<unknown> =>
              eventually(async () => right(await prometheus.query(promql)), { withinMs: 30_000, everyMs: 100 });
            const CHECKSUMS = 'count by (checksum) (flagz_checksum{type="dynamic"})';
            await answers(CHECKSUMS, ([only, ...others]) => only?.value === 2 && others.length === 0);

            put(one, 'search_rollout_percent', '50\n');
            await answers(CHECKSUMS, (series) => series.length === 2);
            const LAGS = 'bottomk(1, flagz_last_change_timestamp_seconds)';
            await answers(LAGS, ([oldest]) => oldest?.labels['instance'] === targets[1]);
            put(two, 'search_rollout_percent', '50\n');
            await answers(CHECKSUMS, ([only]) => only?.value === 2);

            put(two, 'search_rollout_percent', 'rubbish\n');
            const REFUSED = 'increase(flagz_rejections_total[5m]) > 0';
            await answers(REFUSED, ([refused]) => refused?.labels['instance'] === targets[1]);

            rmSync(two, { recursive: true });
            await answers('flagz_source_up == 0', ([down]) => down?.labels['instance'] === targets[1]);
          }),
        ),
      ),
    ));
});
