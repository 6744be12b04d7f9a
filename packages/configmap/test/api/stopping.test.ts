// timeout: 400 s
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Agent, ClientRequest } from 'node:http';
import { FlagSet, type SourceSink } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Listeners } from './listeners.ts';
import { Shop } from './shop.ts';
import { timeOf, withinASecond } from '../within-a-second.ts';

/** Nothing listens there: connections are refused at once. */
const NOWHERE = { server: 'https://127.0.0.1:1', token: 'x' };

describeOnCluster('configMapApiSource: stop()', (it) => {
  it('ends within a second while client-node is being imported', async (cluster) => {
    // The first test of the file: nobody has imported the package yet.
    await stopsAfter(cluster.writeKubeconfig('import', NOWHERE), 0);
  });

  it('ends within a second while it pauses between attempts', async (cluster) => {
    await stopsAfter(cluster.writeKubeconfig('pause', NOWHERE), 300);
  });

  it('ends within a second while an exec plugin thinks', async (cluster) => {
    const exec = [process.execPath, '-e', 'setTimeout(() => {}, 3_000)'];
    await stopsAfter(cluster.writeKubeconfig('exec', { exec }), 200);
  });

  it(
    'ends within a second while a connection is being made, and while an answer is waited for',
    Shop.test(async (shop) => {
      shop.proxy.stall();
      await stopsAfter(shop.kubeConfig, 200);
      shop.proxy.resume();
      shop.proxy.delayMs = 100;
      for (const ms of [250, 350, 450, 550]) await stopsAfter(shop.kubeConfig, ms);
    }),
  );

  it(
    'ends within a second while it watches, twice is fine, and nothing is left',
    Shop.test(async (shop) => {
      await withinASecond(async () => {
        const watcher = await shop.watch();
        return timeOf(async () => {
          await Promise.all([watcher.stop(), watcher.stop()]);
          await watcher.stop();
        });
      });
      await eventually(() => shop.proxy.open === 0);
    }),
  );

  it(
    'leaves no listener, timer, socket or agent after 1,000 reconnects',
    Shop.test(async (shop) => {
      // A watch ends in its time, of a second here, and fifty of them are as many reconnects a second.
      const lists = { count: 0 };
      const agents = new Set<Agent>();
      const count = (message: unknown): void => {
        const { path, agent } = (message as { readonly request: ClientRequest & { readonly agent: Agent } }).request;
        if (!path.includes('fieldSelector')) return;
        agents.add(agent);
        if (!path.includes('watch=1')) lists.count++;
      };
      const before = leftovers();
      const listeners = new Listeners();
      subscribe('http.client.request.start', count);
      const sets = Array.from({ length: 50 }, (_, index) => new FlagSet(`set ${index}`));
      const watchers = await Promise.all(
        sets.map((flags, index) => {
          // Not shared: each waits for silence as long as nobody else does. The other time is long: a timer that is left is seen.
          const source = shop.source({ silenceTimeoutMs: 2_000 + index, requestTimeoutMs: 120_000 });
          return flags.watch(source, { backoff: { maxMs: 50 } });
        }),
      );
      let cuts = 0;
      await eventually(
        () => {
          // Some end by being cut off.
          if (lists.count > 200 * cuts) {
            shop.proxy.cut();
            cuts++;
          }
          return lists.count >= 1_050;
        },
        { withinMs: 240_000, everyMs: 200 },
      );
      assert.ok(cuts >= 5, `${cuts} cuts`);
      await Promise.all(watchers.map((watcher) => watcher.stop()));
      unsubscribe('http.client.request.start', count);
      listeners.close();
      // Between two cuts there are four reconnects with two requests each: one listener that stays makes it more.
      assert.ok(listeners.mostOfSignal <= 4, `${listeners.mostOfSignal} listeners on a signal`);
      assert.ok(listeners.growthOfSocket <= 2, `${listeners.growthOfSocket} listeners more on a socket`);
      await eventually(() => listeners.ofSignals === 0, { withinMs: 20_000 });
      assert.is(agents.size, sets.length);
      await eventually(() => shop.proxy.open === 0);
      let after = leftovers();
      await eventually(
        () => {
          after = leftovers();
          return Object.entries(after).every(([what, left]) => left <= (before[what] ?? 0));
        },
        { withinMs: 20_000 },
      ).catch(() => {});
      for (const [what, left] of Object.entries(after)) assert.ok(left <= (before[what] ?? 0), `${what}: ${left}`);
    }),
  );

  it(
    'leaves no listener, socket or agent after 1,000 starts and stops',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const source = shop.source();
      const before = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
      for (let loads = 0; loads < 1_000; loads++) {
        const one = new AbortController();
        // A watch of its own, without a watcher and its backoff: it loads and ends.
        const known = { flags: () => [], alive: () => {}, report: () => {} };
        const sink = { ...known, replace: () => one.abort() } as unknown as SourceSink;
        await source.watch(sink, one.signal);
        assert.is(getEventListeners(one.signal, 'abort').length, 0);
      }
      await eventually(() => shop.proxy.open === 0);
      const left = (): number => process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
      await eventually(() => left() <= before, { withinMs: 20_000 });
      assert.ok(shop.proxy.connections >= 1_000);
    }),
  );
});

/** Counts what a leak would leave: handles and timers, kept alive by them or not, and listeners on the process. */
function leftovers(): Readonly<Record<string, number>> {
  globalThis.gc?.();
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    counts[name] = (counts[name] ?? 0) + 1;
  }
  for (const name of process.eventNames()) counts[`process.${String(name)}`] = process.listenerCount(name);
  return counts;
}

async function stopsAfter(kubeConfig: string, ms: number): Promise<void> {
  await withinASecond(async () => {
    const flags = new FlagSet('stopping');
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
    const watcher = await flags.watch(source, { required: false });
    const until = Date.now() + ms;
    await eventually(() => Date.now() >= until, { everyMs: 5 });
    const tookMs = await timeOf(() => watcher.stop());
    assert.is(watcher.state, 'stopped');
    return tookMs;
  });
}
