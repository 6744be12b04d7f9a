// timeout: 300 s
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { Program, running, withConfigDir } from './program.ts';

/** Starts what cannot start, and gives the one line it says. */
async function failure(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const program = new Program(args, env);
  const code = await program.ended;
  assert.is(program.stdout, '');
  assert.is(code, 1);
  assert.match(program.stderr, /^error: [^\n]+\n$/);
  return program.stderr.slice('error: '.length, -1);
}

describe('the start', (it) => {
  it('says where it listens, in one line of JSON', async () => {
    await running([], async (program) => {
      assert.match(program.stdout, /^\{"event":"listening","url":"http:\/\/127\.0\.0\.1:\d+"\}\n/);
      assert.is((await program.fetch('/healthz')).status, 200);
    });
  });

  it('writes an IPv6 address as URLs have it', async () => {
    await running(['--host', '::1'], async (program) => {
      assert.match(await program.listening(), /^http:\/\/\[::1\]:\d+$/);
      assert.is((await program.fetch('/healthz')).status, 200);
    });
  });

  it('prints the help, and starts nothing', async () => {
    const program = new Program(['--help']);
    assert.is(await program.ended, 0);
    assert.match(program.stdout, /--search_rollout_percent/);
    assert.is(program.stderr, '');
  });

  const refused: readonly [string, readonly string[], RegExp][] = [
    ['a value that does not parse', ['--max_connections', 'abc'], /'?--max_connections.*expected an integer/],
    ['a value that a validator refuses', ['--search_rollout_percent', '101'], /must be from 0 to 100/],
    ['values that break an invariant', ['--min_connections', '200'], /must not be above max_connections/],
    ['an unknown option', ['--max_conections', '5'], /unknown option '--max_conections'/],
    [
      'a switch that is neither on nor off',
      ['--sources_required', 'maybe'],
      /'maybe' is invalid\. expected true or false/,
    ],
    ['an argument that is no option', ['5'], /too many arguments/],
    ['a port that is none', ['--port', '65536'], /must be from 0 to 65535/],
    ['a host that is none', ['--port', '0', '--host', 'nowhere.invalid'], /cannot listen on nowhere\.invalid:0: /],
  ];
  for (const [what, args, message] of refused) {
    it(`ends with one line on ${what}`, async () => {
      assert.match(await failure(args), message);
    });
  }

  it('ends with one line on a variable that is refused', async () => {
    assert.match(
      await failure([], { DEMO_MAX_CONNECTIONS: 'abc' }),
      /source "environment": .*"max_connections": expected an integer/,
    );
  });

  it('names the directory that does not exist', async () => {
    await withConfigDir(async (dir) => {
      const missing = join(dir, 'missing');
      assert.ok((await failure(['--config_dir', missing])).includes(missing));
    });
  });

  it('names the file that is taken for a directory', async () => {
    await withConfigDir(async (dir) => {
      const file = join(dir, 'greeting');
      assert.ok((await failure(['--config_dir', file])).includes(file));
    });
  });

  it('names the address whose port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const message = await failure(['--port', String(port)]);
      assert.is(
        message,
        `cannot listen on 127.0.0.1:${port}: the port is in use; free it, or choose another with --port`,
      );
    } finally {
      server.close();
    }
  });

  it('names each refused value of a required source', async () => {
    await withConfigDir(async (dir) => {
      writeFileSync(join(dir, 'max_connections'), 'many\n');
      writeFileSync(join(dir, 'log_level'), 'loud\n');
      const message = await failure(['--config_dir', dir]);
      assert.match(message, /flag "max_connections": expected an integer, got "many"/);
      assert.match(message, /flag "log_level": expected one of .*got "loud"/);
    });
  });
});

describe('--sources_required false', (it) => {
  it('starts on what there is, says what is refused, and takes the value once it is good', async () => {
    await withConfigDir(async (dir) => {
      writeFileSync(join(dir, 'max_connections'), 'many\n');
      await running(['--config_dir', dir, '--sources_required', 'false'], async (program) => {
        const rejected = await program.event('rejected', 'max_connections');
        assert.match(String(rejected['reason']), /expected an integer, got "many"/);
        writeFileSync(join(dir, 'max_connections'), '500\n');
        await eventually(async () => (await program.values())['max_connections'] === '500');
      });
    });
  });

  it('starts without the directory, and follows it once it is there', async () => {
    await withConfigDir(async (dir) => {
      rmSync(dir, { recursive: true });
      await running(['--config_dir', dir, '--no-sources-required'], async (program) => {
        assert.is((await program.fetch('/readyz')).status, 503);
        mkdirSync(dir);
        writeFileSync(join(dir, 'greeting'), 'late\n');
        await eventually(async () => (await program.values())['greeting'] === 'late', {
          withinMs: 60_000,
        });
        assert.is((await program.fetch('/readyz')).status, 200);
      });
    });
  });
});
