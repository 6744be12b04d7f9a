import { FlagSet, int, json, string } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { eventually, memorySource } from '@flagz/testing';

const COMMAND_LINE = { name: 'command line', kind: 'command line' } as const;

describe('a batch', (it) => {
  it('keeps the last good value of a refused key, and takes the others', async () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 1, '');
    const source = memorySource({ a: '2', b: '2' });
    await using _ = await flags.watch(source);
    const [outcome] = source.update({ a: 'x', b: '3', c: '4' });
    assert.equal([a.get(), b.get()], [2, 3]);
    assert.equal(outcome?.accepted, ['b']);
    assert.equal(
      outcome?.rejected.map(({ flag, text, error }) => [flag, text, error.code]),
      [['a', '"x"', 'FLAGZ_PARSE']],
    );
    assert.equal(outcome?.unknown, ['c']);
    assert.is(outcome?.version, flags.version);
  });

  it('becomes visible at once: notifiers and subscribers see all of it', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 1, '');
    const seen: string[] = [];
    flags.subscribe((event) => seen.push(`${event.kind} ${a.get()} ${b.get()}`));
    a.withNotifier(() => void seen.push(`a ${a.get()} ${b.get()}`));
    b.withNotifier(() => void seen.push(`b ${a.get()} ${b.get()}`));
    flags.load(COMMAND_LINE, [
      ['b', '3'],
      ['a', '2'],
      ['x', '9'],
    ]);
    assert.equal(seen, ['change 2 3', 'change 2 3', 'unknown 2 3', 'a 2 3', 'b 2 3']);
    assert.is(flags.version, 1);
  });

  it('notifies in the order of declaration, then of subscription, only what changed, with next and previous', () => {
    const flags = new FlagSet('s');
    const told: string[] = [];
    const tell = (name: string) => (next: number, previous: number) => void told.push(`${name} ${previous}>${next}`);
    const b = flags.dynamic('b', int, 1, '').withNotifier(tell('b1')).withNotifier(tell('b2'));
    flags.dynamic('a', int, 1, '').withNotifier(tell('a'));
    flags.dynamic('c', int, 1, '').withNotifier(tell('c'));
    b.withNotifier(tell('b3'));
    flags.load(COMMAND_LINE, [
      ['a', '2'],
      ['c', '1'],
      ['b', '2'],
    ]);
    assert.equal(told, ['b1 1>2', 'b2 1>2', 'b3 1>2', 'a 1>2']);
  });

  it('is not stopped by a notifier that throws or rejects (W22)', async () => {
    const flags = new FlagSet('s');
    const errors: string[] = [];
    flags.subscribe((event) => event.kind === 'notifier-error' && errors.push(`${event.flag}: ${event.error.message}`));
    const told: string[] = [];
    const reject = (_: unknown, no: (error: Error) => void): void => no(new Error('thenable'));
    const thenable = {};
    Reflect.set(thenable, 'then', reject);
    const a = flags
      .dynamic('a', int, 1, '')
      .withNotifier(() => {
        throw new Error('thrown');
      })
      .withNotifier(async () => {
        throw new Error('rejected');
      })
      .withNotifier(() => {
        throw 'text';
      })
      .withNotifier((() => thenable) as never)
      .withNotifier(() => void told.push('last'));
    a.set(2);
    assert.equal(told, ['last']);
    await eventually(() => errors.length === 4);
    assert.equal(errors.sort(), ['a: rejected', 'a: text', 'a: thenable', 'a: thrown']);
  });

  it('is not stopped by a subscriber that throws or rejects', () => {
    const flags = new FlagSet('s');
    const kinds: string[] = [];
    flags.subscribe(() => {
      throw new Error('x');
    });
    flags.subscribe(() => Promise.reject(new Error('x')) as never);
    const end = flags.subscribe((event) => kinds.push(event.kind));
    const a = flags.dynamic('a', int, 1, '');
    a.set(2);
    end();
    end();
    a.set(3);
    assert.equal(kinds, ['change']);
  });

  it('delivers a batch that a notifier starts after the current one', () => {
    const flags = new FlagSet('s');
    const told: string[] = [];
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 1, '');
    a.withNotifier((next, previous) => {
      told.push(`a1 ${previous}>${next}`);
      if (next === 2) {
        a.set(3);
        b.set(9);
        told.push(`still ${a.get()} ${b.get()}`);
      }
    });
    a.withNotifier((next, previous) => void told.push(`a2 ${previous}>${next} sees ${a.get()}`));
    b.withNotifier((next, previous) => void told.push(`b ${previous}>${next}`));
    a.set(2);
    assert.equal(told, ['a1 1>2', 'still 2 1', 'a2 1>2 sees 2', 'a1 2>3', 'a2 2>3 sees 3', 'b 1>9']);
    assert.is(flags.version, 3);
  });

  it('throws a refusal into the notifier that sets', () => {
    const flags = new FlagSet('s');
    const errors: string[] = [];
    flags.subscribe((event) => event.kind === 'notifier-error' && errors.push(event.error.message));
    const a = flags.dynamic('a', int, 1, '').withNotifier(() => a.setText('x'));
    a.set(2);
    assert.equal(errors, ['flag "a": expected an integer, got "x"']);
    assert.is(a.get(), 2);
  });

  it('ends a loop of notifiers with an error instead of hanging', () => {
    const flags = new FlagSet('s');
    const errors: string[] = [];
    flags.subscribe((event) => event.kind === 'notifier-error' && errors.push(event.error.message));
    const a = flags.dynamic('a', int, 1, '').withNotifier((next) => a.set(next + 1));
    a.set(2);
    assert.equal(errors, ['100 batches deep: a notifier sets a flag that calls it again']);
    assert.is(a.get(), 102);
    a.reset();
  });

  it('lets a notifier set any number of flags', () => {
    const flags = new FlagSet('s');
    const many = Array.from({ length: 500 }, (_, index) => flags.dynamic(`f${index}`, int, 0, ''));
    const a = flags.dynamic('a', int, 1, '').withNotifier((next) => many.forEach((flag) => flag.set(next)));
    a.set(2);
    assert.ok(many.every((flag) => flag.get() === 2));
  });

  it('changes nothing when the values cannot be read to the end', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    function* values(): Generator<[string, string]> {
      yield ['a', '2'];
      throw new Error('torn');
    }
    throws(() => flags.load(COMMAND_LINE, values()), 'torn');
    assert.is(a.get(), 1);
  });

  it('refuses what is neither text nor bytes, by name', () => {
    const flags = new FlagSet('s');
    flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 1, '');
    const wrong = flags.load(COMMAND_LINE, [
      ['a', null as never],
      ['b', '5'],
    ]);
    assert.is(wrong.rejected[0]?.error.message, 'flag "a": expected text or bytes from the source, got null');
    assert.is(wrong.rejected[0]?.text, 'null');
    assert.is(b.get(), 5);
    const { rejected } = flags.load(COMMAND_LINE, [['a', 5 as never]]);
    assert.is(rejected[0]?.error.message, 'flag "a": expected text or bytes from the source, got a number');
  });

  it('decodes bytes as strict UTF-8', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', string, '', '');
    flags.load(COMMAND_LINE, [['a', new TextEncoder().encode('grüße')]]);
    assert.is(a.get(), 'grüße');
    const { rejected } = flags.load(COMMAND_LINE, [['a', new Uint8Array([0xff, 0xfe])]]);
    assert.is(rejected[0]?.error.message, 'flag "a": expected UTF-8 text, got 2 bytes');
    assert.is(a.get(), 'grüße');
  });

  it('shows refused bytes as the text that they are', () => {
    const flags = new FlagSet('s');
    flags.dynamic('n', int, 1, '');
    const { rejected } = flags.load(COMMAND_LINE, [['n', new TextEncoder().encode('rubbish')]]);
    assert.is(rejected[0]?.error.message, 'flag "n": expected an integer, got "rubbish"');
    assert.is(rejected[0]?.text, '"rubbish"');
  });

  it('compares by the type, and calls values different where equals throws', () => {
    const flags = new FlagSet('s');
    let told = 0;
    const lax = {
      name: 'lax',
      parse: (text: string) => text,
      format: String,
      equals: (x: string, y: string) => x.toLowerCase() === y.toLowerCase(),
    };
    const a = flags.dynamic('a', lax, 'x', '').withNotifier(() => void told++);
    a.set('X');
    assert.is(told, 0);
    a.set('y');
    assert.is(told, 1);
    const bad = {
      ...lax,
      equals: () => {
        throw new Error('no');
      },
    };
    flags
      .dynamic('b', bad, 'x', '')
      .withNotifier(() => void told++)
      .set('z');
    assert.is(told, 2);
  });

  it('tells the same refusal once', async () => {
    const flags = new FlagSet('s');
    const kinds: string[] = [];
    flags.dynamic('a', int, 1, '');
    const source = memorySource();
    await using _ = await flags.watch(source);
    flags.subscribe((event) => kinds.push(event.kind));
    source.set('a', 'x');
    source.replace({ a: 'x', b: 'y' });
    source.replace({ a: 'x', b: 'y' });
    source.set('a', 'z');
    assert.equal(kinds, ['rejected', 'unknown', 'rejected']);
  });
});

describe('FlagSet.invariant()', (it) => {
  function pair(): { flags: FlagSet; low: { get(): number }; high: { get(): number }; other: { get(): number } } {
    const flags = new FlagSet('s');
    const low = flags.dynamic('low', int, 1, '');
    const high = flags.dynamic('high', int, 5, '');
    const other = flags.dynamic('other', int, 0, '');
    flags.invariant([low, high], (from, to) => from <= to || 'low above high');
    return { flags, low, high, other };
  }

  it('refuses the changes of the flags that it names, together, and takes the rest', async () => {
    const { flags, low, high, other } = pair();
    const source = memorySource();
    await using _ = await flags.watch(source);
    const [outcome] = source.update({ low: '7', high: '6', other: '1' });
    assert.equal([low.get(), high.get(), other.get()], [1, 5, 1]);
    assert.equal(
      outcome?.rejected.map(({ flag }) => flag),
      ['low', 'high'],
    );
    assert.equal(outcome?.accepted, ['other']);
    source.update({ low: '7', high: '9' });
    assert.equal([low.get(), high.get()], [7, 9]);
  });

  it('refuses a deletion that would break it', async () => {
    const { flags, low, high } = pair();
    const source = memorySource({ low: '7', high: '9' });
    await using watcher = await flags.watch(source);
    source.delete('high');
    assert.equal([low.get(), high.get()], [7, 9]);
    assert.is(
      watcher.status.rejected[0]?.error.message,
      'flag "high": low above high, got "5" (invariant of low, high)',
    );
    source.delete('low');
    source.replace({});
    assert.equal([low.get(), high.get()], [1, 5]);
    assert.equal(watcher.status.rejected, []);
  });

  it('asks again when a refusal breaks another relation', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 1, '');
    const c = flags.dynamic('c', int, 1, '');
    flags.invariant([b, c], (x, y) => x === y || 'b is not c');
    flags.invariant([a, b], (x, y) => x === y || 'a is not b');
    const { rejected } = flags.load(COMMAND_LINE, [
      ['a', '3'],
      ['b', '2'],
      ['c', '2'],
    ]);
    assert.equal([a.get(), b.get(), c.get()], [1, 1, 1]);
    assert.equal(
      rejected.map(({ flag }) => flag),
      ['a', 'b', 'c'],
    );
  });

  it('throws when the defaults break it', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    throws(
      () => flags.invariant([a], (x) => x > 1 || 'too low'),
      'flag set "s": the defaults of a break an invariant: too low',
    );
    a.set(0);
  });

  it('takes values that layers hold already, and that break it, out of their layers, and reports them', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 5, '');
    flags.load(COMMAND_LINE, [['a', '10']]);
    const reasons: string[] = [];
    flags.subscribe((event) => event.kind === 'rejected' && reasons.push(event.error.message));
    flags.invariant([a, b], (x, y) => x <= y || 'a above b');
    assert.is(a.get(), 1);
    assert.equal(reasons, ['flag "a": a above b, got "10" (invariant of a, b)']);
    b.set(7);
    assert.is(b.get(), 7);
  });

  it('hides the reason where a sensitive default breaks it', () => {
    const flags = new FlagSet('s');
    const token = flags.dynamic('token', string, 'hunter2', '', { sensitive: true });
    const holds = (text: string): string => `token ${text} is no good`;
    throws(() => flags.invariant([token], holds), 'flag set "s": the defaults of token break an invariant');
  });

  it('refuses when it throws', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', json(), { n: 1 }, '');
    flags.invariant([a], ({ n }) => {
      if (n > 1) throw new Error('boom');
      return true;
    });
    throws(() => a.set({ n: 2 }), 'flag "a": boom, got "{\\"n\\":2}" (invariant of a)');
  });
});
