// timeout: 240 s
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { FlagSet } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Stage, onEachEtcd, onStage } from './support.ts';

/** Waits and says how long it took. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = Date.now();
  await run();
  return Date.now() - start;
}

/** Writes what the flags count up to, while the connection is cut again and again. */
async function writeUnderCuts(stage: Stage, writes: number): Promise<void> {
  const writing = new AbortController();
  const restarts = (): number => stage.watcher?.status.restarts ?? 0;
  const cuts = (async () => {
    while (!writing.signal.aborted) {
      const before = restarts();
      stage.proxy.drop();
      await eventually(() => writing.signal.aborted || (restarts() > before && stage.state === 'live'), {
        withinMs: 10_000,
      });
    }
  })();
  for (let count = 1; count <= writes; count++) {
    const name = count % 2 === 0 ? 'low' : 'high';
    await stage.put(name, String(name === 'high' ? 1_000_000 + count : count));
  }
  writing.abort();
  await cuts;
}

onEachEtcd('etcdSource() on a bad network', (it, server) => {
  it('misses nothing of 5,000 updates while the connection is cut again and again', () =>
    onStage(server(), { values: { low: '0', high: '1000000' } }, async (stage) => {
      await stage.watch();
      const seen: Record<string, number[]> = { low: [], high: [] };
      for (const flag of [stage.low, stage.high]) flag.withNotifier((next) => void seen[flag.name]?.push(next));
      await writeUnderCuts(stage, 5_000);
      await eventually(() => stage.low.get() === 5_000 && stage.high.get() === 1_004_999, { withinMs: 10_000 });
      for (const values of Object.values(seen)) {
        assert.equal(
          values,
          [...new Set(values)].sort((left, right) => left - right),
        );
        // Each cut is bridged by what came meanwhile, one by one, unless the feed went on without this flag set.
        assert.ok(values.length > 1_000, `${values.length} notifications`);
      }
      assert.ok((stage.watcher?.status.restarts ?? 0) > 3);
    }));

  it('notices a black hole within 20 s, and recovers within 5 s of its end', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      stage.proxy.blackHole();
      const noticed = await timed(() => eventually(() => stage.state === 'stale', { withinMs: 25_000 }));
      assert.ok(noticed < 20_000, `noticed after ${noticed} ms`);
      assert.is(stage.rate.get(), 20);
      await stage.put('rate', '30');
      stage.proxy.restore();
      const recovered = await timed(() => eventually(() => stage.rate.get() === 30, { withinMs: 10_000 }));
      assert.ok(recovered < 5_000, `recovered after ${recovered} ms`);
      assert.is(stage.state, 'live');
    }));

  it('notices a stalled server, and recovers', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      stage.proxy.stall();
      await eventually(() => stage.state === 'stale', { withinMs: 20_000 });
      stage.proxy.restore();
      await stage.put('rate', '30');
      await eventually(() => stage.rate.get() === 30, { withinMs: 5_000 });
    }));

  it('works on a slow line', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      stage.proxy.delay(250);
      await stage.watch();
      await stage.put('rate', '30');
      await eventually(() => stage.rate.get() === 30);
      await stage.put('rate', 'rubbish');
      await eventually(() => stage.rollbacks.join() === 'reverted');
    }));

  it('stops within a second in each state, twice', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 60_000 } }, async (stage) => {
      const states: Record<string, () => Promise<unknown>> = {
        connecting: async () => stage.proxy.stall(),
        'backing off': async () => stage.proxy.cut(),
        live: () => eventually(() => stage.state === 'live'),
        loading: async () => {
          stage.proxy.delay(200);
          await eventually(() => stage.proxy.connections > 0);
        },
        'rolling back': async () => {
          await eventually(() => stage.state === 'live');
          await stage.put('rate', 'rubbish');
          await eventually(() => stage.watcher?.status.rejected.length === 1);
        },
      };
      for (const [name, reach] of Object.entries(states)) {
        const before = name === 'connecting' || name === 'loading' || name === 'backing off' ? reach : undefined;
        if (before && name !== 'loading') await before();
        const watcher = await stage.watch({ required: false });
        if (name === 'backing off') await eventually(() => watcher.status.lastError !== undefined);
        else if (name === 'connecting') await eventually(() => stage.proxy.connections > 0);
        else await reach();
        const took = await timed(() => Promise.all([watcher.stop(), watcher.stop()]));
        assert.ok(took < 1_000, `${name}: ${took} ms`);
        await watcher.stop();
        assert.is(watcher.state, 'stopped');
        stage.proxy.restore();
        await eventually(() => stage.proxy.connections === 0);
      }
      assert.is(await stage.get('rate'), 'rubbish');
    }));

  it('lets the process end by itself after a stop in each state', async () => {
    for (const state of ['connecting', 'live', 'backing off', 'rolling back']) {
      const child = spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          '-C',
          '@flagz/source',
          new URL('stop-and-end.ts', import.meta.url).pathname,
          state,
          server().url,
        ],
        { stdio: ['ignore', 'inherit', 'inherit'] },
      );
      const watchdog = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const [code] = await once(child, 'exit');
      clearTimeout(watchdog);
      assert.is(code, 0, state);
    }
  });

  it('fails a start at a server that accepts and never answers', async () => {
    const sockets = new Set<{ destroy(): unknown }>();
    const mute = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    const flags = new FlagSet('s');
    const source = etcdSource({ hosts: `http://127.0.0.1:${port}`, prefix: '/a' });
    let error: unknown;
    const took = await timed(
      async () => (error = await rejects(flags.watch(source, { startTimeoutMs: 4_000 }), Error)),
    );
    assert.ok(took < 4_500, `${took} ms`);
    assert.match(
      (error as Error).message,
      /not loaded within 4000 ms; last error: source "etcd": etcd at http:\/\/127\.0\.0\.1:\d+: .*(no answer to a read within 3000 ms|Deadline exceeded)/,
    );
    for (const socket of sockets) socket.destroy();
    mute.close();
    await once(mute, 'close');
  });
});
