import { FlagSet, int } from '@flagz/core';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** No watch of these tests ends in its time: two versions stay two batches. */
const UNBROKEN = { silenceTimeoutMs: 3_600_000 };

describeOnCluster('configMapApiSource: who wrote it', (it) => {
  it(
    'names for each change who made it, also when others wrote in the same second',
    Shop.test(async (shop) => {
      await shop.put({ rate: '0', label: 'none yet' });
      await shop.watch(UNBROKEN);
      for (let round = 1; round <= 10; round++) {
        await shop.namespace.patchConfigMap('flags', { rate: String(round) }, 'bob');
        await shop.namespace.patchConfigMap('flags', { label: String(round) }, 'alice');
        await eventually(() => shop.label.get() === String(round));
        const [bob, alice] = shop.flags.history().slice(-2);
        assert.equal([bob?.flag, bob?.origin?.actor], ['rate', 'bob'], `round ${round}`);
        assert.equal([alice?.flag, alice?.origin?.actor], ['label', 'alice'], `round ${round}`);
      }
    }),
  );

  it(
    'names who took a key away where it is clear, and nobody where it is not',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20', label: 'a' });
      await shop.watch(UNBROKEN);
      await shop.namespace.patchConfigMap('flags', { rate: null, label: 'b' }, 'carol');
      await eventually(() => shop.label.get() === 'b');
      const taken = shop.flags.history().at(-1);
      assert.equal([taken?.previous, taken?.origin?.actor], ['a', 'carol']);
      await shop.namespace.patchConfigMap('flags', { label: null }, 'dave');
      await eventually(() => shop.label.source === 'default');
      assert.is(shop.flags.history().at(-1)?.origin, undefined);
    }),
  );

  it(
    'names them to each flag set that watches the same source',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20', label: 'a' });
      const source = shop.source(UNBROKEN);
      const sets = ['one', 'two'].map((name) => {
        const flags = new FlagSet(name);
        shop.others.push(flags);
        return { flags, rate: flags.dynamic('rate', int, 10, 'A rate.') };
      });
      for (const { flags } of sets) await flags.watch(source, { backoff: { maxMs: 500 } });
      const taker = (): readonly unknown[] => sets.map(({ flags }) => flags.history().at(-1)?.origin?.actor);

      await shop.namespace.patchConfigMap('flags', { rate: null, label: 'b' }, 'dave');
      await eventually(() => sets.every(({ rate }) => rate.source === 'default'));
      assert.equal(taker(), ['dave', 'dave']);

      await shop.namespace.patchConfigMap('flags', { rate: '30' }, 'dave');
      await eventually(() => sets.every(({ rate }) => rate.get() === 30));
      assert.equal(taker(), ['dave', 'dave']);
    }),
  );

  it(
    'names the writers of what came while it was away',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20' } }, 'alice');
      await shop.watch(UNBROKEN);
      shop.proxy.refuse();
      await eventually(() => shop.state === 'stale');
      await shop.namespace.patchConfigMap('flags', { label: 'b' }, 'bob');
      await shop.namespace.patchConfigMap('flags', { rate: '30' }, 'carol');
      shop.proxy.accept();
      await eventually(() => shop.label.get() === 'b');
      assert.equal(writers(shop.flags).slice(-2).sort(), ['label by bob', 'rate by carol']);
    }),
  );

  it(
    'names nobody for a key that somebody took away while it was away',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20', label: 'a' } }, 'alice');
      await shop.watch(UNBROKEN);
      shop.proxy.refuse();
      await eventually(() => shop.state === 'stale');
      await shop.namespace.patchConfigMap('flags', { label: null }, 'dave');
      await shop.namespace.patchConfigMap('flags', { rate: '30' }, 'erin');
      shop.proxy.accept();
      await eventually(() => shop.rate.get() === 30);
      assert.equal(writers(shop.flags).slice(-2).sort(), ['label by undefined', 'rate by erin']);
    }),
  );

  it(
    'names nobody for a key that is not in a ConfigMap that was made anew',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20', label: 'a' } }, 'alice');
      await shop.watch(UNBROKEN);
      shop.proxy.refuse();
      await eventually(() => shop.state === 'stale');
      await shop.namespace.removeConfigMap('flags');
      await shop.namespace.putConfigMap('flags', { data: { rate: '30' } }, 'bob');
      shop.proxy.accept();
      await eventually(() => shop.rate.get() === 30);
      assert.equal(writers(shop.flags).slice(-2).sort(), ['label by undefined', 'rate by bob']);
    }),
  );

  it(
    'names who took a key away along with another change, also within the second of their last one',
    Shop.test(async (shop) => {
      await shop.put({ label: 'none yet' });
      await shop.watch(UNBROKEN);
      for (let round = 1; round <= 5; round++) {
        await shop.namespace.patchConfigMap('flags', { rate: String(round) }, 'alice');
        await shop.namespace.patchConfigMap('flags', { rate: null, label: String(round) }, 'alice');
        await eventually(() => shop.label.get() === String(round));
        assert.equal(writers(shop.flags).slice(-2), ['rate by alice', 'label by alice'], `round ${round}`);
      }
    }),
  );

  it(
    'names who wrote a value that an invariant keeps waiting for another',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { low: '1', high: '5' } }, 'alice');
      const flags = new FlagSet('bounds');
      shop.others.push(flags);
      const low = flags.dynamic('low', int, 0, 'The lowest.');
      const high = flags.dynamic('high', int, 100, 'The highest.');
      flags.invariant([low, high], (least, most) => least <= most || 'low above high');
      const watcher = await flags.watch(shop.source(UNBROKEN));
      await shop.namespace.patchConfigMap('flags', { low: '10' }, 'bob');
      await eventually(() => watcher.status.rejected[0]?.origin?.actor === 'bob');
      await shop.namespace.patchConfigMap('flags', { high: '20' }, 'carol');
      await eventually(() => low.get() === 10);
      assert.equal(writers(flags).slice(-2), ['low by bob', 'high by carol']);
    }),
  );

  it(
    'names who wrote the value of a flag that is declared later',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { late: '5' } }, 'alice');
      await shop.watch(UNBROKEN);
      await shop.namespace.patchConfigMap('flags', { rate: '20' }, 'bob');
      await eventually(() => shop.rate.get() === 20);
      shop.flags.dynamic('late', int, 0, 'A flag that a plug-in declares.');
      assert.equal(writers(shop.flags).slice(-2), ['rate by bob', 'late by alice']);
    }),
  );

  it(
    'names all writers again to a flag set that has let go of its values',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20', label: 'a' } }, 'alice');
      const source = shop.source(UNBROKEN);
      const watcher = await shop.flags.watch(source);
      await watcher.stop({ clear: true });
      await shop.namespace.patchConfigMap('flags', { label: 'b' }, 'bob');
      await shop.flags.watch(source);
      assert.equal(writers(shop.flags).slice(-2), ['rate by alice', 'label by bob']);
    }),
  );
});

function writers(flags: FlagSet): readonly string[] {
  return flags.history().map(({ flag, origin }) => `${flag} by ${origin?.actor}`);
}
