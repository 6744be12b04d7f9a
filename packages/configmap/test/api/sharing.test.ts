import { mkdirSync } from 'node:fs';
import { type DynamicFlag, FlagSet, type Watcher, int } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { configMapApiSource } from '@flagz/configmap/api';
import { VolumeWriter, whyNoVolumeWriter } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';
import { tempDir } from '../temp-dir.ts';

const CHANGES = 50;
const noVolumeWriter = whyNoVolumeWriter();

// How long it takes is measured by `npm run bench -- configmap-api`: here it is told at all, of all, in order.
describeOnCluster('configMapApiSource: what it tells, and whom', (it, suite) => {
  it(
    'tells a notifier of every change that a raw watch sees, in the same order',
    Shop.test(async (shop) => {
      await shop.put({ rate: '0' });
      await shop.watch();
      const seen: number[] = [];
      const told: number[] = [];
      const raw = await shop.namespace.watchConfigMap('flags', ({ data }) => {
        const { rate } = data as { readonly rate: string };
        if (rate !== '0') seen.push(Number(rate));
      });
      shop.rate.withNotifier((next) => void told.push(next));
      for (let value = 1; value <= CHANGES; value++) {
        await shop.namespace.patchConfigMap('flags', { rate: String(value) });
      }
      await eventually(() => assert.equal([seen.at(-1), told.at(-1)], [CHANGES, CHANGES]));
      raw.close();
      assert.equal(told, seen);
    }),
  );

  const besideTheMount = Shop.test(async (shop) => {
    using temp = tempDir();
    const folder = temp.join('flagz');
    mkdirSync(folder);
    const writer = new VolumeWriter();
    try {
      await writer.write(folder, { rate: '0' });
      await shop.put({ rate: '0' });
      await shop.watch();
      const mounted = new FlagSet('mounted');
      shop.others.push(mounted);
      const rate = mounted.dynamic('rate', int, -1, 'A rate.');
      await mounted.watch(configMapMountSource(folder));
      for (let value = 1; value <= 10; value++) {
        await Promise.all([
          shop.namespace.patchConfigMap('flags', { rate: String(value) }),
          writer.write(folder, { rate: String(value) }),
        ]);
        await eventually(() => assert.equal([shop.rate.get(), rate.get()], [value, value]));
      }
    } finally {
      await writer.stop();
    }
  });
  const besideTitle = 'comes to the values that a mount comes to, which is written at the same moment';
  if (noVolumeWriter) suite.skip(besideTitle, noVolumeWriter, () => {});
  else it(besideTitle, besideTheMount);

  it(
    'follows one ConfigMap for 200 flag sets with one watch, and tells all of them of every change',
    Shop.test(async (shop) => {
      await shop.put({ rate: '0' });
      const before = shop.proxy.connections;
      const sets = await Promise.all(Array.from({ length: 200 }, () => followed(shop)));
      assert.is(shop.proxy.connections - before, 1, 'one connection');
      const all = sets.map(({ rate }) => {
        const told: number[] = [];
        rate.withNotifier((next) => void told.push(next));
        return told;
      });
      for (let value = 1; value <= CHANGES; value++) {
        await shop.namespace.patchConfigMap('flags', { rate: String(value) });
      }
      await eventually(() => all.every((told) => told.at(-1) === CHANGES));
      const [first = []] = all;
      assert.equal(
        first,
        first.toSorted((left, right) => left - right),
        'in order',
      );
      for (const told of all) assert.equal(told, first);
      await Promise.all(sets.map(({ watcher }) => watcher.stop()));
      await eventually(() => shop.proxy.open === 0);
    }),
  );

  it(
    'reconnects once for all flag sets, not once for each',
    Shop.test(async (shop) => {
      await shop.put({ rate: '0' });
      const sets = await Promise.all(Array.from({ length: 50 }, () => followed(shop)));
      const before = shop.proxy.connections;
      shop.proxy.refuse();
      await eventually(() => sets.every(({ watcher }) => watcher.state === 'stale'));
      const until = Date.now() + 2_000;
      await eventually(() => Date.now() > until);
      const refused = shop.proxy.connections - before;
      assert.ok(refused >= 1 && refused <= 20, `${refused} connections in two seconds`);
      shop.proxy.accept();
      await shop.put({ rate: '1' });
      await eventually(() => sets.every(({ rate }) => rate.get() === 1), { withinMs: 10_000 });
      assert.is(shop.proxy.open, 1);
      await Promise.all(sets.map(({ watcher }) => watcher.stop()));
    }),
  );

  it(
    'shares nothing between users: who may see less sees less',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      await shop.watch();
      const kubeConfig = shop.cluster.writeKubeconfig('stranger', { token: 'nobody' });
      const flags = new FlagSet('stranger');
      const source = configMapApiSource({ namespace: shop.namespace.name, name: 'flags', kubeConfig });
      const outcome = await flags.watch(source).then(() => 'resolved', String);
      assert.match(outcome, /\(401\)/);
    }),
  );
});

async function followed(shop: Shop): Promise<{ rate: DynamicFlag<number>; watcher: Watcher }> {
  const flags = new FlagSet('one of many');
  shop.others.push(flags);
  const rate = flags.dynamic('rate', int, -1, 'A rate.');
  return { rate, watcher: await flags.watch(shop.source(), { backoff: { maxMs: 500 } }) };
}
