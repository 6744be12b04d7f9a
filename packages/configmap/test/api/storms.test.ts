// timeout: 300 s
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

describeOnCluster('configMapApiSource: lost connections', (it) => {
  it(
    'keeps the order of 2,000 updates, whole versions, one batch each, while the connection is cut again and again',
    Shop.test(async (shop) => {
      const { flags, namespace, proxy, rate, label } = shop;
      const torn: string[] = [];
      const batches = new Map<string | undefined, Set<number>>();
      rate.withNotifier((next) => {
        if (label.get() !== `v${next}`) torn.push(`${next} with ${label.get()}`);
      });
      flags.subscribe((event) => {
        if (event.kind !== 'change') return;
        const { revision, version } = event;
        batches.set(revision, (batches.get(revision) ?? new Set()).add(version));
      });
      await shop.put({ rate: '0', label: 'v0' });
      await shop.watch({ watch: { backoff: { maxMs: 50 } } });
      let cuts = 0;
      for (let value = 1; value <= 2_000; value++) {
        await namespace.patchConfigMap('flags', { rate: String(value), label: `v${value}` });
        if (value % 100 !== 0) continue;
        await eventually(() => shop.state === 'live');
        proxy.cut();
        cuts++;
        await eventually(() => (shop.watcher?.status.restarts ?? 0) >= cuts, { everyMs: 5 });
      }
      await eventually(() => rate.get() === 2_000, { withinMs: 15_000 });
      const order = shop.told.map((told) => Number(told.split('>')[1]));
      assert.equal(torn, []);
      assert.equal(
        order,
        [...order].sort((left, right) => left - right),
        'in order',
      );
      const split = [...batches].filter(([, versions]) => versions.size > 1).map(([revision]) => revision);
      assert.equal(split, [], 'one batch a version');
      assert.ok(batches.size >= order.length);
      assert.is(cuts, 20);
      assert.ok(proxy.connections >= cuts, `${proxy.connections} connections`);
      assert.ok(order.length > 200, `sees enough of them: ${order.length}`);
    }),
  );

  it(
    'learns what happened while it was cut off, also when the revision it had is compacted',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20', label: 'a' });
      await shop.watch();
      shop.proxy.refuse();
      await eventually(() => shop.state === 'stale');
      for (let value = 21; value <= 40; value++) await shop.put({ rate: String(value) });
      await shop.cluster.etcd.compact();
      shop.proxy.accept();
      await eventually(() => shop.rate.get() === 40 && shop.label.source === 'default');
      assert.is(shop.told.join(' '), '10>20 20>40');
    }),
    { own: true },
  );

  it(
    'comes back after the API server was killed',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      await shop.watch();
      await shop.cluster.server.kill();
      await eventually(() => shop.state === 'stale');
      assert.is(shop.rate.get(), 20);
      await shop.cluster.server.start();
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30 && shop.state === 'live');
    }),
    { own: true },
  );

  it(
    'follows an etcd that was restored from an older snapshot, whose revisions go back',
    Shop.test(async (shop) => {
      const { etcd, server } = shop.cluster;
      await shop.put({ rate: '20' });
      const snapshot = await etcd.snapshot();
      await server.ready();
      await shop.watch();
      for (let value = 21; value <= 60; value++) await shop.put({ rate: String(value) });
      await eventually(() => shop.rate.get() === 60);
      const ahead = Number(shop.watcher?.status.revision);
      await server.kill();
      await etcd.restore(snapshot);
      await server.start();
      await eventually(() => shop.rate.get() === 20 && shop.state === 'live');
      assert.ok(Number(shop.watcher?.status.revision) < ahead, 'the revision went back');
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30);
    }),
    { own: true },
  );
});
