import {
  duration,
  inRange,
  DynamicFlag,
  Flag,
  FlagError,
  FlagSet,
  type FlagEvent,
  int,
  json,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';

describe('FlagSet declarations', (it) => {
  it('gives the default until something else is set', () => {
    const rate = new FlagSet('s').dynamic('rate', int, 10, 'Rate.');
    assert.is(rate.get(), 10);
    assert.is(rate.source, 'default');
    assert.is(rate.text, '10');
  });

  it('refuses a name that is no ConfigMap key, etcd key and option at once', () => {
    const flags = new FlagSet('s');
    for (const name of ['', '1a', 'a b', 'a/b', '-a', '.a', 'ä', '__proto__', 'a\n']) {
      const error = throws(() => flags.dynamic(name, int, 1, ''), FlagError) as FlagError;
      assert.is(error.code, 'FLAGZ_DECLARATION');
      assert.match(error.message, 'a name must match');
    }
    flags.dynamic('aZ9_.-', int, 1, '');
    flags.dynamic('constructor', int, 1, '');
  });

  it('refuses a name twice', () => {
    const flags = new FlagSet('s');
    flags.static('port', int, 1, '');
    throws(() => flags.dynamic('port', int, 1, ''), 'flag set "s": flag "port" is declared already');
  });

  it('refuses a default that is no value of the type, and declares nothing', () => {
    const flags = new FlagSet('s');
    throws(
      () => flags.dynamic('a', int, 1.5, ''),
      'flag set "s": the default is refused: flag "a": expected an integer, got "1.5"',
    );
    assert.is(flags.find('a'), undefined);
  });

  it('refuses a default that its own validator refuses (F11)', () => {
    const flag = new FlagSet('s').dynamic('a', int, 1, '');
    throws(
      () => flag.withValidator((next) => next > 5 || 'must be above 5'),
      'flag set "s": the default is refused: flag "a": must be above 5, got "1"',
    );
    flag.set(2);
    assert.is(flag.get(), 2);
  });

  it('keeps nothing of the caller: neither default nor set value can be changed from outside (W21)', () => {
    const mine = { list: [1] };
    const flag = new FlagSet('s').dynamic('a', json(), mine, '');
    mine.list.push(2);
    assert.equal(flag.get(), { list: [1] });
    throws(() => flag.get().list.push(3), TypeError);
    throws(() => flag.defaultValue.list.push(3), TypeError);
    const next = { list: [7] };
    flag.set(next);
    next.list.push(8);
    assert.equal(flag.get(), { list: [7] });
    const set = new FlagSet('s').dynamic('b', stringSet, new Set(['x']), '');
    throws(() => (set.get() as Set<string>).add('y'), TypeError);
    const list = new FlagSet('s').dynamic('c', stringSlice, ['x'], '');
    throws(() => (list.get() as string[]).push('y'), TypeError);
  });

  it('makes static and dynamic flags', () => {
    const flags = new FlagSet('s');
    const port = flags.static('port', int, 1, '');
    assert.ok(port instanceof Flag && !(port instanceof DynamicFlag) && !port.dynamic);
    assert.ok(flags.dynamic('rate', int, 1, '') instanceof DynamicFlag);
  });

  it('iterates over its flags by name, and finds them', () => {
    const flags = new FlagSet('s');
    for (const name of ['b', 'a', 'C', 'a.b']) flags.dynamic(name, int, 1, '');
    assert.equal(
      Array.from(flags, (flag) => flag.name),
      ['C', 'a', 'a.b', 'b'],
    );
    assert.is(flags.find('a.b')?.name, 'a.b');
    assert.is(flags.find('toString'), undefined);
  });

  it('declares the path of a file for a flag, dynamic when the flag is', () => {
    const flags = new FlagSet('s');
    const limits = flags.dynamic('limits', json(), { a: 1 }, '');
    const name = flags.static('name', string, '', '');
    assert.is(flags.fileFlag(limits).name, 'limits_path');
    assert.is(flags.fileFlag(name).dynamic, false);
    assert.equal(
      flags.fileFlags.map(({ flag, path }) => [flag.name, path.name, path.dynamic]),
      [
        ['limits', 'limits_path', true],
        ['name', 'name_path', false],
      ],
    );
  });
});

describe('DynamicFlag.set()', (it) => {
  it('writes to the process layer, and reset() takes it back', () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 10, '');
    rate.set(20);
    assert.is(rate.get(), 20);
    assert.is(rate.source, 'process');
    rate.setText(' 0x20\n');
    assert.is(rate.get(), 32);
    rate.reset();
    assert.is(rate.get(), 10);
    assert.is(flags.version, 3);
  });

  it('throws what is wrong and changes nothing', () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 10, '').withValidator((next) => next < 100 || 'must be below 100');
    throws(() => rate.set(100), 'flag "rate": must be below 100, got "100"');
    throws(() => rate.set(0.5), 'flag "rate": expected an integer, got "0.5"');
    throws(() => rate.setText('ten'), 'flag "rate": expected an integer, got "ten"');
    throws(() => rate.set('5' as never), 'flag "rate": expected a number');
    assert.is(rate.get(), 10);
    assert.is(flags.version, 0);
    assert.equal(rate.info().rejections, []);
  });

  it('changes nothing when the value is the one it has', () => {
    const flags = new FlagSet('s');
    const told: string[] = [];
    const rate = flags
      .dynamic('rate', int, 10, '')
      .withNotifier((next, previous) => void told.push(`${previous}>${next}`));
    rate.set(20);
    rate.set(20);
    rate.setText('+20');
    assert.equal(told, ['10>20']);
    assert.is(flags.version, 1);
    assert.is(flags.history().length, 1);
  });

  it('checks a text without setting it', () => {
    const level = new FlagSet('s').dynamic('level', oneOf('a', 'b'), 'a', '');
    assert.is(level.check('b'), 'b');
    throws(() => level.check('c'), 'flag "level": expected one of "a", "b", got "c"');
    assert.is(level.get(), 'a');
  });

  it('asks every validator, in order, and takes false, a reason or a throw for a no', () => {
    const asked: string[] = [];
    const flag = new FlagSet('s')
      .dynamic('a', int, 1, '')
      .withValidator((next) => asked.push('first') > 0 && next !== 2)
      .withValidator((next) => (asked.push('second') > 0 && next !== 3) || 'not three')
      .withValidator((next) => {
        if (next === 4) throw new Error('not four');
        return true;
      });
    asked.length = 0;
    throws(() => flag.set(2), 'flag "a": refused by a validator, got "2"');
    assert.equal(asked, ['first']);
    throws(() => flag.set(3), 'flag "a": not three, got "3"');
    throws(() => flag.set(4), 'flag "a": not four, got "4"');
    flag.set(5);
  });

  it('shows bounds in the words of the type', () => {
    const timeout = new FlagSet('s').dynamic('timeout', duration, 2_000, '').withValidator(inRange(1, 60_000));
    throws(() => timeout.setText('2m'), 'flag "timeout": must be from 1ms to 1m0s, got "2m0s"');
    const open = new FlagSet('s').dynamic('open', duration, 2_000, '').withValidator(inRange(1, Infinity));
    throws(() => open.set(0), 'flag "open": must be from 1ms to Infinity, got "0s"');
  });

  it('takes no promise for a yes', () => {
    const flag = new FlagSet('s').dynamic('a', int, 1, '');
    throws(() => flag.withValidator((async () => true) as never), /must answer at once, but gave a promise/);
    throws(() => flag.withValidator((() => Promise.reject(new Error('x'))) as never), /must answer at once/);
  });

  it('cuts a long text in a message', () => {
    const flag = new FlagSet('s').dynamic('a', int, 1, '');
    const error = throws(() => flag.setText('x'.repeat(10_000)), Error);
    assert.ok(error.message.length < 200);
    assert.match(error.message, '(10000 characters)');
  });
});

describe('a validator that comes late', (it) => {
  it('takes the values that it refuses out of their layers, and says so', () => {
    const flags = new FlagSet('s');
    const rejected: string[] = [];
    flags.subscribe((event: FlagEvent) => event.kind === 'rejected' && rejected.push(event.error.message));
    flags.load({ name: 'command line', kind: 'command line' }, [['rate', '500']]);
    const rate = flags.dynamic('rate', int, 10, '');
    assert.is(rate.get(), 500);
    rate.withValidator((next) => next < 100 || 'must be below 100');
    assert.is(rate.get(), 10);
    assert.equal(rejected, ['flag "rate": must be below 100, got "500"']);
    assert.is(rate.info().rejections[0]?.source, 'command line');
  });
});

describe('FlagSet.snapshot()', (it) => {
  it('shows one version whatever comes, and is made once a version', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const before = flags.snapshot();
    assert.is(flags.snapshot(), before);
    a.set(2);
    assert.is(before.get(a), 1);
    assert.is(flags.snapshot().get(a), 2);
    assert.is(flags.snapshot().version, 1);
    const late = flags.dynamic('late', int, 7, '');
    assert.is(before.get(late), 7);
    assert.is(flags.snapshot().get(late), 7);
  });
});

describe('FlagSet.override()', (it) => {
  it('undoes itself, whatever the order', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const first = flags.override({ a: 2 });
    const second = flags.override({ a: 3 });
    assert.is(a.get(), 3);
    first[Symbol.dispose]();
    assert.is(a.get(), 3);
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    assert.is(a.get(), 1);
    assert.is(a.info().layers.length, 0);
  });

  it('works with using, and takes a set inside it along', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    a.set(5);
    {
      using _ = flags.override({ a: 2 });
      a.set(3);
      assert.is(a.get(), 3);
      assert.is(a.source, 'override');
    }
    assert.is(a.get(), 5);
  });

  it('changes nothing where it ends within the notifier that began it', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 0, '').withNotifier(() => flags.override({ a: 5 })[Symbol.dispose]());
    const told: number[] = [];
    a.withNotifier((next) => void told.push(next));
    b.set(1);
    assert.equal([told, a.get(), a.source], [[], 1, 'default']);
  });

  it('refuses all when one is unknown, static, or no value', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    flags.static('port', int, 1, '');
    throws(() => flags.override({ a: 2, b: 3 }), 'flag set "s": no flag "b"');
    throws(() => flags.override({ a: 2, port: 3 }), /flag "port": is static/);
    throws(() => flags.override({ a: 'x' }), 'flag "a": expected a number');
    assert.is(a.get(), 1);
    assert.is(flags.version, 0);
  });

  it('refuses what an invariant refuses', () => {
    const flags = new FlagSet('s');
    const low = flags.dynamic('low', int, 1, '');
    const high = flags.dynamic('high', int, 5, '');
    flags.invariant([low, high], (from, to) => from <= to || 'low above high');
    throws(() => flags.override({ low: 9 }), 'flag "low": low above high, got "9" (invariant of low, high)');
    assert.is(low.info().layers.length, 0);
    using _ = flags.override({ low: 8, high: 9 });
    assert.is(low.get(), 8);
  });
});
