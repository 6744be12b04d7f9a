// timeout: 240 s
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
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

/** Listens and never accepts: once its queue is full, the system swallows whatever would connect. */
const NEVER_ACCEPTS = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

describe('etcdSource() where the network swallows the first packet', (it) => {
  for (const scheme of ['http', 'https'])
    it(`holds no socket after a failure, and none after a stop, ${scheme}`, async () => {
      const worker = new Worker(NEVER_ACCEPTS, { eval: true });
      const [port] = (await once(worker, 'message')) as [number];
      const queue = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
      await eventually(() => queue.some(({ connecting }) => !connecting));
      const before = held();
      const source = etcdSource({ hosts: `${scheme}://127.0.0.1:${port}`, prefix: '/a' });
      const watcher = await new FlagSet('s').watch(source, { required: false });
      const attempts = (): number => dialling() - queue.filter((socket) => socket.connecting).length;
      await eventually(() => watcher.status.restarts > 1, { withinMs: 20_000 });
      assert.ok(attempts() <= 1, `${attempts()} attempts`);
      await eventually(() => attempts() === 1, { withinMs: 10_000 });
      await watcher.stop();
      for (let turns = 0; turns < 1_000 && held() > before; turns++) await turn();
      assert.is(held() - before, 0, process.getActiveResourcesInfo().join());
      for (const socket of queue) socket.destroy();
      await worker.terminate();
    });
});

/** Counts the connections that are being made. */
function dialling(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ConnectWrap').length;
}

describe('etcdSource() through a proxy of the environment', (it) => {
  const answers = { silent: undefined, 'silent after its answer': Buffer.from('HTTP/1.1 200 OK\r\n\r\n') };
  for (const scheme of ['http', 'https'])
    for (const [what, answer] of Object.entries(answers))
      it(`holds no socket to one that is ${what}, and prints nothing, ${scheme}`, () =>
        withMute(async (port, sockets) => {
          const { error: print } = console;
          const printed: unknown[] = [];
          console.error = (...line) => void printed.push(...line);
          process.env['grpc_proxy'] = `http://127.0.0.1:${port}`;
          try {
            const source = etcdSource({ hosts: `${scheme}://etcd.example:2379`, prefix: '/a' });
            const watcher = await new FlagSet('s').watch(source, { required: false });
            await eventually(() => sockets.size > 0);
            const [first] = sockets;
            await eventually(() => first?.destroyed, { withinMs: 10_000 });
            await eventually(() => sockets.size > 0, { withinMs: 10_000 });
            await watcher.stop();
            await eventually(() => sockets.size === 0);
            assert.equal(printed, []);
          } finally {
            delete process.env['grpc_proxy'];
            console.error = print;
          }
        }, answer));
});
