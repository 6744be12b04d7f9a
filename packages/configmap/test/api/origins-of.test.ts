import { assert, describe } from '@flagz/test-runner';
import { type ConfigMapVersion, absent, readConfigMap } from '../../src/api/config-map.ts';
import type { Seen } from '../../src/api/written-by.ts';

/** Is an entry of managedFields: who, in which second, which keys. */
type Entry = readonly [manager: string, second: number, ...keys: readonly string[]];

/** Is a ConfigMap as the API server sends it. */
type Sent = Readonly<Record<string, unknown>>;

type Writers = Readonly<Record<string, readonly [actor: string, second: number]>>;

const WHERE = { namespace: 'shop', name: 'flags' };

describe('originsOf()', (it) => {
  const before = read(sent({ a: '1', b: '1' }, ['alice', 9, 'a'], ['bob', 10, 'b']), undefined);

  const cases: readonly (readonly [title: string, now: Sent, clear: Writers, whereOneHasWritten?: Writers])[] = [
    [
      'the owner of the one key that changed',
      changed({ a: '2' }, ['alice', 10, 'a'], ['bob', 10, 'b']),
      { a: ['alice', 10], b: ['bob', 10] },
    ],
    [
      'no one who wrote later, but something else',
      changed({ a: '2' }, ['alice', 11, 'a'], ['bob', 10, 'b'], ['z', 12]),
      { a: ['alice', 11], b: ['bob', 10] },
    ],
    [
      'each of several, for what is theirs',
      changed({ a: '2', b: '2' }, ['alice', 11, 'a'], ['bob', 12, 'b']),
      { a: ['alice', 11], b: ['bob', 12] },
    ],
    [
      'each of several in one second',
      changed({ a: '2', b: '2' }, ['alice', 11, 'a'], ['bob', 11, 'b']),
      { a: ['alice', 11], b: ['bob', 11] },
    ],
    [
      'nobody, where two hold the key',
      changed({ a: '2' }, ['alice', 11, 'a'], ['bob', 12, 'a', 'b']),
      { b: ['bob', 10] },
    ],
    [
      'one that holds it in two ways',
      changed({ a: '2' }, ['alice', 11, 'a'], ['alice', 12, 'a']),
      { a: ['alice', 12], b: ['bob', 10] },
    ],
    [
      'whoever wrote what has not changed, and when, though they wrote something else later',
      changed({ c: '1' }, ['alice', 9, 'a'], ['bob', 20, 'b', 'c']),
      { a: ['alice', 9], b: ['bob', 10], c: ['bob', 20] },
    ],
    [
      'whoever made it anew, also for what is the same',
      sent({ a: '1', c: '1' }, ['eve', 20, 'a', 'c'], 'another uid'),
      { a: ['eve', 20], c: ['eve', 20] },
    ],
    ['nobody, where nothing is told', changed({ a: '2' }), { b: ['bob', 10] }],
    [
      'the only one that is newer, where nobody holds the key',
      changed({ a: '2' }, ['alice', 9], ['carol', 11]),
      { b: ['bob', 10] },
      { a: ['carol', 11] },
    ],
    ['nobody, where several are newer', changed({ a: '2' }, ['alice', 12], ['bob', 11, 'b']), { b: ['bob', 10] }],
    ['nobody, where none is newer', changed({ a: '2' }, ['bob', 10, 'b']), { b: ['bob', 10] }],
    [
      'who took a key away and changed another',
      sent({ a: '2' }, ['alice', 11, 'a']),
      { a: ['alice', 11] },
      { b: ['alice', 11] },
    ],
    [
      'who took a key away and changed another, within the second of their last change',
      sent({ a: '2' }, ['alice', 9, 'a']),
      { a: ['alice', 9] },
      { b: ['alice', 9] },
    ],
    [
      'who took a key away, where nobody else is newer',
      sent({ a: '1' }, ['alice', 9, 'a'], ['bob', 12]),
      { a: ['alice', 9] },
      { b: ['bob', 12] },
    ],
    ['nobody, where who took a key away left no trace', sent({ a: '1' }, ['alice', 9, 'a']), { a: ['alice', 9] }],
    [
      'nobody who took a key away, where several changed others',
      sent({ a: '2', c: '2' }, ['alice', 11, 'a'], ['carol', 12, 'c']),
      { a: ['alice', 11], c: ['carol', 12] },
    ],
  ];
  for (const [title, now, clear, whereOneHasWritten = {}] of cases) {
    it(`names ${title}`, () => {
      assert.equal(writersOf(read(now, before)), clear, 'after a list');
      assert.equal(writersOf(read(now, before, 'watched')), { ...clear, ...whereOneHasWritten }, 'in a watch');
    });
  }

  it('names the owners at the first load, and nobody where nobody holds a key', () => {
    assert.equal(writersOf(before), { a: ['alice', 9], b: ['bob', 10] });
    assert.equal(writersOf(read(sent({ a: '1' }, ['alice', 10]), undefined)), {});
  });

  it('names who took a key away once, and nobody who deleted all of it', () => {
    const taken = read(sent({ a: '2' }, ['alice', 11, 'a']), before, 'watched');
    const later = read(sent({ a: '3' }, ['alice', 12, 'a']), taken, 'watched');
    assert.equal(writersOf(later), { a: ['alice', 12] });
    assert.is(absent('9').origins.size, 0);
  });

  it('names whoever made it again after it was deleted', () => {
    const again = read(sent({ a: '1' }, ['eve', 20, 'a'], 'another uid'), absent('9'), 'watched');
    assert.equal(writersOf(again), { a: ['eve', 20] });
  });

  it('knows the owners of binaryData', () => {
    const managedFields = [{ manager: 'alice', time: at(3), fieldsV1: { 'f:binaryData': { 'f:a': {} } } }];
    const object = { metadata: { ...WHERE, managedFields }, binaryData: { a: '/w==' } };
    assert.is(read(object, undefined).origins.get('a')?.actor, 'alice');
  });

  it('takes entries for what they are worth', () => {
    const managedFields = [
      null,
      7,
      {},
      { manager: 'x' },
      { manager: 'y', time: 'soon', fieldsV1: { 'f:data': 'f:a' } },
    ];
    assert.is(read({ metadata: { ...WHERE, managedFields }, data: { a: '1' } }, undefined).origins.size, 0);
  });
});

function read(object: Sent, before: ConfigMapVersion | undefined, seen?: Seen): ConfigMapVersion {
  return readConfigMap(object, WHERE, before, seen);
}

/** Gives a ConfigMap that holds `a` and `b` still. */
function changed(data: Readonly<Record<string, string>>, ...entries: readonly Entry[]): Sent {
  return sent({ a: '1', b: '1', ...data }, ...entries);
}

/** Gives a ConfigMap; a text among the entries is its uid. */
function sent(data: Readonly<Record<string, string>>, ...rest: readonly (Entry | string)[]): Sent {
  const entries = rest.filter((part) => typeof part !== 'string');
  const [uid = 'uid'] = rest.filter((part) => typeof part === 'string');
  const managedFields = entries.map(([manager, second, ...keys], index) => ({
    manager,
    operation: entries.findIndex(([name]) => name === manager) === index ? 'Update' : 'Apply',
    time: at(second),
    fieldsV1: { 'f:metadata': {}, 'f:data': { '.': {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
  }));
  return { metadata: { ...WHERE, uid, managedFields }, data };
}

function writersOf({ origins }: ConfigMapVersion): Writers {
  const seconds = (ms = 0): number => (ms - Date.parse(at(0))) / 1000;
  return Object.fromEntries([...origins].map(([key, { actor = '', writtenAt }]) => [key, [actor, seconds(writtenAt)]]));
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}
