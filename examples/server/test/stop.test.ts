// timeout: 300 s
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { running, withConfigDir } from './program.ts';

describe('the end', (it) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`comes with ${signal}, at once and with exit code 0`, async () => {
      await withConfigDir((dir) =>
        running(['--config_dir', dir], async (program) => {
          const before = performance.now();
          assert.is(await program.stop(signal), 0);
          assert.ok(performance.now() - before < 2_500);
          assert.is(program.stderr, '');
          assert.equal(program.events('watcher').filter(({ state }) => state === 'stopped').length, 2);
        }),
      );
    });

    it(`is one end where ${signal} comes twice`, async () => {
      await running([], async (program) => {
        program.process.kill(signal);
        assert.is(await program.stop(signal), 0);
      });
    });
  }

  it('does not wait for connections that are kept alive', async () => {
    await running([], async (program) => {
      const agent = new Agent({ keepAlive: true });
      const [response] = await once(get(`${await program.listening()}/healthz`, { agent }), 'response');
      response.resume();
      await once(response, 'end');
      const before = performance.now();
      assert.is(await program.stop(), 0);
      assert.ok(performance.now() - before < 2_500);
      agent.destroy();
    });
  });

  it('lets a request under way have its answer, and no second one on that connection', async () => {
    await running(['--request_timeout', '1m'], async (program) => {
      const { port } = new URL(await program.listening());
      const socket = connect(Number(port), '127.0.0.1');
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => (received += text));
      socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
      await eventually(async () => (await program.fetch('/healthz')).ok);
      program.process.kill('SIGTERM');
      await eventually(() =>
        program.fetch('/healthz').then(
          () => false,
          () => true,
        ),
      );
      socket.write('\r\n');
      assert.is(await program.ended, 0);
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*\{"status":"ok"\}/i);
    });
  });

  it('does not wait for ever for a request that never ends', async () => {
    await running(['--request_timeout', '1m'], async (program) => {
      const { port } = new URL(await program.listening());
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
      await once(socket, 'connect');
      const before = performance.now();
      assert.is(await program.stop(), 0);
      assert.ok(performance.now() - before < 5_000);
      socket.destroy();
    });
  });

  it('comes at once while a source is being tried again', async () => {
    await withConfigDir((dir) =>
      running(['--config_dir', join(dir, 'later'), '--sources_required=false'], async (program) => {
        const before = performance.now();
        assert.is(await program.stop(), 0);
        assert.ok(performance.now() - before < 2_500);
      }),
    );
  });

  it('does not come when the reader of the log goes away', async () => {
    await withConfigDir((dir) =>
      running(['--config_dir', dir, '--log_level', 'debug'], async (program) => {
        const url = await program.listening();
        program.process.stdout?.destroy();
        for (let count = 0; count < 5; count++)
          assert.is((await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).status, 200);
        assert.is(await program.stop(), 0);
      }),
    );
  });
});
