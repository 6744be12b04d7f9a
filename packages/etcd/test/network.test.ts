// timeout: 480 s
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { int } from '@flagz/core';
import { assert } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Stage, onEachEtcd, onStage } from './support.ts';

/** Waits and says how long it took. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = Date.now();
  await run();
  return Date.now() - start;
}

/** Writes what the flags count up to, one after the other, while the connection is cut again and again. */
async function writeUnderCuts(stage: Stage, writes: number, names: readonly string[]) {
  const writing = new AbortController();
  const restarts = (): number => stage.watcher?.status.restarts ?? 0;
  const until = (done: () => boolean): Promise<unknown> =>
    eventually(() => writing.signal.aborted || done(), { withinMs: 10_000, everyMs: 1 });
  let [cuts, loading] = [0, 0];
  const cutting = (async () => {
    for (; !writing.signal.aborted; cuts++) {
      const before = restarts();
      stage.proxy.drop();
      // Now and then everything has to be loaded again, and that is cut, too, at this moment or that.
      if (cuts % 2 === 0) {
        await stage.server.compact();
        await until(() => stage.proxy.connections > 0);
        await sleep(cuts % 20);
        if (stage.state !== 'live') loading++;
        stage.proxy.drop();
      }
      await until(() => restarts() > before && stage.state === 'live');
    }
  })();
  for (let count = 0; count < writes; count++) await stage.put(names[count % names.length] as string, String(count));
  writing.abort();
  await cutting;
  return { cuts, loading };
}

onEachEtcd('etcdSource() on a bad network', (it, server) => {
  it('misses nothing of 5,000 updates over 50 flags while the connection is cut again and again, loading or not', () =>
    onStage(server(), {}, async (stage) => {
      const seen: number[][] = [];
      const counters = Array.from({ length: 50 }, (_, index) => {
        const values: number[] = [];
        seen.push(values);
        const flag = stage.flags.dynamic(`counter${index}`, int, -1, '');
        return flag.withNotifier((next) => void values.push(next));
      });
      const started = stage.watch();
      await eventually(() => stage.proxy.connections > 0, { everyMs: 1 });
      stage.proxy.drop();
      await started;
      const { cuts, loading } = await writeUnderCuts(
        stage,
        5_000,
        counters.map(({ name }) => name),
      );
      await eventually(() => counters.every((counter, index) => counter.get() === 4_950 + index), { withinMs: 10_000 });
      for (const values of seen) {
        assert.equal(
          values,
          [...new Set(values)].sort((left, right) => left - right),
        );
      }
      // Each cut is bridged by what came meanwhile, one by one, unless its history is compacted.
      assert.ok(seen.flat().length > 1_000, `${seen.flat().length} notifications`);
      // Each cut is one that was noticed; but the last, which the end of the writing may have overtaken.
      const restarts = stage.watcher?.status.restarts ?? 0;
      const counted = `${restarts} restarts, ${cuts} cuts, ${loading} while loading`;
      assert.ok(cuts > 10 && restarts >= cuts - 1 && loading > 1, counted);
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

  it('stops within a second while a rollback waits for its answer', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 0 } }, async (stage) => {
      const watcher = await stage.watch();
      stage.proxy.delay(1_500);
      await stage.put('rate', 'rubbish');
      await eventually(async () => (await stage.get('rate')) === '20', { everyMs: 10 });
      const took = await timed(() => watcher.stop());
      assert.ok(took < 1_000, `${took} ms`);
      assert.equal(stage.rollbacks, []);
      await eventually(() => stage.proxy.connections === 0);
    }));

  it('lets the process end by itself after a stop in each state', async () => {
    for (const state of ['connecting', 'loading', 'live', 'backing off', 'rolling back']) {
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
});
