import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { FlagSet } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';

/** Begins a record of TLS that never comes to its end. */
const HALF_A_GREETING = Buffer.from([0x16, 0x03, 0x03, 0x00, 0x64, 0x02]);

/**
 * Runs a test with a server that accepts and never answers, and with the connections that it has.
 *
 * @param greeting is what it says all the same.
 */
async function withMute(
  test: (port: number, sockets: ReadonlySet<Socket>) => Promise<void>,
  greeting?: Buffer,
): Promise<void> {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    // To hear of the end, it has to read.
    socket.resume();
    if (greeting) socket.write(greeting);
  }).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  try {
    await test((mute.address() as AddressInfo).port, sockets);
  } finally {
    for (const socket of sockets) socket.destroy();
    mute.close();
    await once(mute, 'close');
  }
}

/** Counts what keeps the process: timers and sockets, and connections that are being made. */
function held(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(Timeout|TCPSocketWrap|TLSWrap|ConnectWrap)$/.test(name))
    .length;
}

describe('etcdSource() at a server that accepts and never answers', (it) => {
  for (const scheme of ['http', 'https']) {
    for (const startTimeoutMs of [1_000, 4_000]) {
      it(`fails a start of ${startTimeoutMs} ms, ${scheme}`, () =>
        withMute(async (port, sockets) => {
          const flags = new FlagSet('s');
          const source = etcdSource({ hosts: `${scheme}://127.0.0.1:${port}`, prefix: '/a' });
          const start = Date.now();
          const { message } = await rejects(flags.watch(source, { startTimeoutMs }), Error);
          const took = Date.now() - start;
          assert.ok(took < startTimeoutMs + 1_500, `${took} ms`);
          assert.match(
            message,
            new RegExp(
              `^source "etcd": not loaded within ${startTimeoutMs} ms; last error: source "etcd": ` +
                `etcd at ${scheme}://127\\.0\\.0\\.1:\\d+: .*(no answer to a read within \\d+ ms|Deadline exceeded)`,
            ),
          );
          await eventually(() => sockets.size === 0);
        }));
    }

    for (const moment of ['while it connects', 'once it is connected', 'after a failure'] as const) {
      it(`holds neither socket nor timer after a stop ${moment}, ${scheme}`, () =>
        withMute(async (port, sockets) => {
          const flags = new FlagSet('s');
          const before = held();
          const source = etcdSource({ hosts: `${scheme}://127.0.0.1:${port}`, prefix: '/a' });
          const watcher = await flags.watch(source, { required: false });
          if (moment === 'once it is connected') await eventually(() => sockets.size > 0);
          if (moment === 'after a failure')
            await eventually(() => watcher.status.lastError !== undefined, { withinMs: 10_000 });
          await watcher.stop();
          // In turns, not in time: a timer of a second would outlast them.
          for (let turns = 0; turns < 1_000 && (held() > before || sockets.size > 0); turns++) await turn();
          assert.is(held() - before, 0, process.getActiveResourcesInfo().join());
          assert.is(sockets.size, 0);
        }));
    }
  }

  it('lets go of a socket in the middle of TLS', () =>
    withMute(async (port, sockets) => {
      const flags = new FlagSet('s');
      const source = etcdSource({ hosts: `https://127.0.0.1:${port}`, prefix: '/a' });
      const watcher = await flags.watch(source, { required: false });
      await eventually(() => [...sockets].some(({ bytesWritten }) => bytesWritten > 0));
      // It is there to be read: a few turns, and it is.
      for (let turns = 0; turns < 100; turns++) await turn();
      await watcher.stop();
      await eventually(() => sockets.size === 0);
    }, HALF_A_GREETING));
});
