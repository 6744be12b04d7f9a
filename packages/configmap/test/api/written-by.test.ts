import { FlagSet, int } from '@flagz/core';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import { type ConfigMapVersion, absent, readConfigMap } from '../../src/api/config-map.ts';
import { originsOf } from '../../src/api/written-by.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** Is an entry of managedFields: who, in which second, which keys. */
type Entry = readonly [manager: string, second: number, ...keys: readonly string[]];

/** No watch of these tests ends in its time: two versions stay two batches. */
const UNBROKEN = { silenceTimeoutMs: 3_600_000 };
const WHERE = { namespace: 'shop', name: 'flags' };

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
      // What each was told is remembered while it is away.
      shop.proxy.refuse();
      await eventually(() => sets.every(({ flags }) => flags.watchers[0]?.state === 'stale'));
      await shop.namespace.patchConfigMap('flags', { rate: null, label: 'c' }, 'erin');
      shop.proxy.accept();
      await eventually(() => sets.every(({ rate }) => rate.source === 'default'), { withinMs: 15_000 });
      assert.equal(taker(), ['erin', 'erin']);
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
      const writers = shop.flags
        .history()
        .slice(-2)
        .map(({ flag, origin }) => `${flag} by ${origin?.actor}`);
      assert.equal(writers.sort(), ['label by bob', 'rate by carol']);
    }),
  );
});

describe('originsOf()', (it) => {
  const before = version({ a: '1', b: '1' }, ['alice', 10, 'a'], ['bob', 10, 'b']);
  const cases: readonly (readonly [
    title: string,
    now: ConfigMapVersion,
    before: ConfigMapVersion | undefined,
    expected: Readonly<Record<string, readonly [actor: string, second: number]>>,
  ])[] = [
    [
      'the owner of the one key that changed',
      changed({ a: '2' }, ['alice', 10, 'a'], ['bob', 10, 'b']),
      before,
      { a: ['alice', 10] },
    ],
    [
      'no one who wrote later, but something else',
      changed({ a: '2' }, ['alice', 11, 'a'], ['z', 12]),
      before,
      { a: ['alice', 11] },
    ],
    [
      'each of several, for what is theirs',
      changed({ a: '2', b: '2' }, ['alice', 11, 'a'], ['bob', 12, 'b']),
      before,
      { a: ['alice', 11], b: ['bob', 12] },
    ],
    [
      'each of several in one second',
      changed({ a: '2', b: '2' }, ['alice', 11, 'a'], ['bob', 11, 'b']),
      before,
      { a: ['alice', 11], b: ['bob', 11] },
    ],
    ['nobody, where two hold the key', changed({ a: '2' }, ['alice', 11, 'a'], ['bob', 12, 'a', 'b']), before, {}],
    [
      'one that holds it in two ways',
      changed({ a: '2' }, ['alice', 11, 'a'], ['alice', 12, 'a']),
      before,
      { a: ['alice', 12] },
    ],
    [
      'the only one that is newer, where nobody holds it',
      changed({ a: '2' }, ['alice', 10], ['bob', 11, 'b']),
      before,
      { a: ['bob', 11] },
    ],
    ['nobody, where several are newer', changed({ a: '2' }, ['alice', 12], ['bob', 11, 'b']), before, {}],
    ['nobody, where none is newer', changed({ a: '2' }, ['bob', 10, 'b']), before, {}],
    ['nobody, where nothing is told', changed({ a: '2' }), before, {}],
    [
      'who took a key away and changed another',
      version({ a: '2' }, ['alice', 11, 'a']),
      before,
      { a: ['alice', 11], b: ['alice', 11] },
    ],
    [
      'nobody who took a key away, where several wrote',
      version({ a: '2', c: '2' }, ['alice', 11, 'a'], ['carol', 12, 'c']),
      before,
      { a: ['alice', 11], c: ['carol', 12] },
    ],
    [
      'the owners at the first load',
      changed({}, ['alice', 10, 'a'], ['bob', 12, 'b']),
      undefined,
      { a: ['alice', 10], b: ['bob', 12] },
    ],
    ['nobody at the first load, where nobody holds a key', changed({}, ['alice', 10]), undefined, {}],
    [
      'the owners of all, where nothing changed',
      changed({}, ['alice', 10, 'a', 'b']),
      before,
      { a: ['alice', 10], b: ['alice', 10] },
    ],
    ['nobody who deleted all of it', absent('9'), before, {}],
    ['whoever made it again', changed({}, ['eve', 20, 'a', 'b']), absent('9'), { a: ['eve', 20], b: ['eve', 20] }],
  ];
  for (const [title, now, from, expected] of cases) {
    it(`names ${title}`, () => {
      const origins = [...originsOf(now, from)].map(([key, { actor, writtenAt }]) => [key, [actor, writtenAt]]);
      const times = Object.entries(expected).map(([key, [actor, second]]) => [key, [actor, at(second).getTime()]]);
      assert.equal(Object.fromEntries(origins), Object.fromEntries(times));
    });
  }

  it('knows the owners of binaryData', () => {
    const object = {
      metadata: {
        ...WHERE,
        managedFields: [{ manager: 'alice', time: at(3).toISOString(), fieldsV1: { 'f:binaryData': { 'f:a': {} } } }],
      },
      binaryData: { a: '/w==' },
    };
    assert.is(originsOf(readConfigMap(object, WHERE, undefined), undefined).get('a')?.actor, 'alice');
  });

  it('takes entries for what they are worth', () => {
    const managedFields = [
      null,
      7,
      {},
      { manager: 'x' },
      { manager: 'y', time: 'soon', fieldsV1: { 'f:data': 'f:a' } },
    ];
    const object = { metadata: { ...WHERE, managedFields }, data: { a: '1' } };
    assert.is(originsOf(readConfigMap(object, WHERE, undefined), undefined).size, 0);
  });

  function changed(data: Readonly<Record<string, string>>, ...entries: readonly Entry[]): ConfigMapVersion {
    return version({ a: '1', b: '1', ...data }, ...entries);
  }
});

function version(data: Readonly<Record<string, string>>, ...entries: readonly Entry[]): ConfigMapVersion {
  const managedFields = entries.map(([manager, second, ...keys], index) => ({
    manager,
    operation: entries.findIndex(([name]) => name === manager) === index ? 'Update' : 'Apply',
    time: at(second).toISOString(),
    fieldsV1: { 'f:metadata': {}, 'f:data': { '.': {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
  }));
  return readConfigMap({ metadata: { ...WHERE, managedFields }, data }, WHERE, undefined);
}

function at(second: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second));
}
