// timeout: 400 s
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FlagSet, type Watcher, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { freePort } from '@flagz/test-runner/free-port';
import { type EtcdBinary, EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { setTimeout as sleep } from 'node:timers/promises';

/** Is a flag set that follows etcd through etcd's own proxy. */
interface Behind {
  readonly server: EtcdServer;
  readonly rate: { get(): number };
  readonly rollbacks: string[];
  readonly watcher: Watcher;
  /** What the proxy said. */
  readonly log: () => string;
}

/** Must not outlive the tests. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a test behind a proxy of its own. */
async function behindProxy(binary: EtcdBinary, test: (behind: Behind) => Promise<void>): Promise<void> {
  const server = await EtcdServer.start(binary);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const child = spawn(binary.path, ['grpc-proxy', 'start', `--endpoints=${server.url}`, `--listen-addr=${address}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  running.add(child);
  const flags = new FlagSet('behind');
  const rate = flags.dynamic('rate', int, 10, '');
  const rollbacks: string[] = [];
  flags.subscribe((event) => event.kind === 'rollback' && rollbacks.push(event.outcome));
  try {
    await eventually(() => log.includes('listening for gRPC proxy client requests'), { withinMs: 10_000 });
    await server.put('/app/rate', '20');
    await server.put('/other', 'x');
    const watcher = await flags.watch(etcdSource({ hosts: `http://${address}`, prefix: '/app', rollbackDelayMs: 20 }));
    await test({ server, rate, rollbacks, watcher, log: () => log });
    await watcher.stop();
  } finally {
    await flags.watchers.at(-1)?.stop();
    child.kill('SIGKILL');
    await once(child, 'exit');
    running.delete(child);
    await server.close();
  }
}

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() behind a gRPC proxy', (it) => {
    it('is not restarted by silence, and follows', () =>
      behindProxy(binary, async ({ server, rate, rollbacks, watcher, log }) => {
        await sleep(14_000);
        // Neither while others write.
        for (let count = 0; count < 14; count++) {
          await server.put('/other', String(count));
          await sleep(1_000);
        }
        const { state, restarts, lastError } = watcher.status;
        assert.equal([state, restarts, lastError?.message], ['live', 0, undefined]);
        await server.put('/app/rate', '30');
        await eventually(() => rate.get() === 30);
        await server.put('/app/rate', 'rubbish');
        await eventually(() => rollbacks.join() === 'reverted');
        assert.is(await server.get('/app/rate'), '30');
        await sleep(9_000);
        await server.delete('/app/rate');
        await eventually(() => rate.get() === 10);
        assert.is(watcher.status.restarts, 0);
        assert.ok(log().split('not supported request type').length <= 3, log());
      }));

    it('notices that the proxy lives, but its watch is deaf', () =>
      behindProxy(binary, async ({ server, rate, watcher }) => {
        for (let count = 0; count < 50; count++) await server.put('/other', String(count));
        await server.put('/app/rate', '30');
        await eventually(() => rate.get() === 30);
        // The proxy goes on to wait for a revision that the new data reach much later.
        await server.kill();
        server.wipe();
        await server.run();
        await server.put('/app/rate', '40');
        await eventually(() => rate.get() === 40, { withinMs: 30_000, everyMs: 100 });
        await eventually(() => watcher.state === 'live', { withinMs: 10_000 });
        await server.put('/app/rate', '50');
        await eventually(() => rate.get() === 50, { withinMs: 30_000 });
      }));
  });
}
