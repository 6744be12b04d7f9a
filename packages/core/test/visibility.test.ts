import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FlagSet, type FlagEvent, int, json, string } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';

const COMMAND_LINE = { name: 'command line', kind: 'command line' } as const;
const SECRET = 'hunter2-abcdef';

describe('a sensitive flag', (it) => {
  it('shows its value nowhere (W10)', async () => {
    const flags = new FlagSet('s');
    const seen: unknown[] = [];
    flags.subscribe((event) => seen.push(event));
    const token = flags
      .dynamic('token', string, '', '', { sensitive: true })
      .withValidator((next) => !next.endsWith('!') || `${next} has a bang`)
      .withNotifier((next) => {
        throw new Error(`cannot use ${next}`);
      });
    const config = flags.dynamic('config', json(), { key: 'x' }, '', { sensitive: true });
    const source = memorySource({ token: SECRET });
    await using watcher = await flags.watch(source);
    source.set('token', `${SECRET}!`);
    source.set('config', `{"key": ${SECRET}`);
    source.set('config', `"${SECRET}"`);
    throws(() => token.set(`${SECRET}!`), 'flag "token": refused by a validator, got •••');
    const thrown = throws(() => config.setText(SECRET), 'flag "config": not a valid json, got •••');
    assert.is(thrown.cause, undefined);
    seen.push(token.info(), config.info(), flags.history(), watcher.status, thrown);
    const all = JSON.stringify(seen, (_, value: unknown) =>
      value instanceof Error ? [value.message, value.stack, value.cause] : value,
    );
    assert.ok(!all.includes('hunter2'), all);
    assert.ok(all.includes('•••'));
    assert.is(token.get(), SECRET);
  });

  it('hides the reasons of the invariants that it takes part in', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', string, '', '');
    const b = flags.dynamic('b', string, '', '', { sensitive: true });
    flags.invariant([a, b], (x, y) => x === y || `${x} is not ${y}`);
    throws(() => b.set(SECRET), 'flag "b": an invariant is violated, got ••• (invariant of a, b)');
  });
});

describe('a deprecated flag', (it) => {
  it('warns whoever sets it, once a value', async () => {
    const flags = new FlagSet('s');
    const warned: string[] = [];
    flags.subscribe(
      (event) => event.kind === 'deprecated' && warned.push(`${event.flag} ${event.source} ${event.reason}`),
    );
    flags.dynamic('old', int, 1, '', { deprecated: 'use "new"' });
    const source = memorySource({ old: '2' });
    await using _ = await flags.watch(source);
    source.replace({ old: '2' });
    source.delete('old');
    assert.equal(warned, ['old memory use "new"']);
  });
});

describe('history and events', (it) => {
  it('record each change with time, source, revision, version and both texts (W34)', async () => {
    const flags = new FlagSet('s');
    const events: FlagEvent[] = [];
    flags.subscribe((event) => events.push(event));
    flags.dynamic('a', int, 1, '');
    flags.dynamic('b', int, 1, '');
    const source = memorySource();
    const started = Date.now();
    await using _ = await flags.watch(source);
    source.update({ b: '0x10', a: '2' });
    const changes = flags.history();
    assert.equal(
      changes.map(({ time, ...rest }) => rest),
      [
        { flag: 'a', source: 'memory', revision: '2', previous: '1', next: '2', version: 1 },
        { flag: 'b', source: 'memory', revision: '2', previous: '1', next: '16', version: 1 },
      ],
    );
    assert.ok((changes[0]?.time ?? 0) >= started);
    assert.equal(
      events.filter((event) => event.kind === 'change').map(({ kind, ...change }) => change),
      changes,
    );
    assert.equal(flags.find('a')?.info().lastChange, changes[0]);
    throws(() => ((changes[0] as { next: string }).next = 'x'), TypeError);
  });

  it('keep no more of a long text in memory than they show', async () => {
    const run = promisify(execFile);
    const program = `
      import { FlagSet, string } from '@flagz/core';
      const a = new FlagSet('s').dynamic('a', string, '', '');
      for (let round = 0; round < 50; round++) a.set(String(round).padEnd(1_000_000, 'x'));
      gc();
      console.log(process.memoryUsage().heapUsed);`;
    const args = ['--expose-gc', '--import', import.meta.resolve('tsx'), '-C', '@flagz/source', '--input-type=module'];
    const { stdout } = await run(process.execPath, [...args, '--eval', program], { cwd: import.meta.dirname });
    assert.ok(Number(stdout) < 30_000_000, `${stdout} bytes`);
  });

  it('are bounded, oldest first, and cut long texts', () => {
    const flags = new FlagSet('s', { historySize: 3 });
    const a = flags.dynamic('a', string, '', '');
    for (const text of ['1', '2', '3', '4', 'x'.repeat(5000)]) a.set(text);
    assert.equal(
      flags.history().map(({ next }) => next.slice(0, 3)),
      ['3', '4', 'xxx'],
    );
    assert.ok((flags.history()[2]?.next.length ?? 0) < 1100);
    const none = new FlagSet('s', { historySize: 0 });
    none.dynamic('a', int, 1, '').set(2);
    assert.equal(none.history(), []);
  });
});

describe('Flag.info()', (it) => {
  it('shows value, default, winning source, all layers and what is refused', async () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, 'How many.');
    flags.load(COMMAND_LINE, [['a', '2']]);
    const source = memorySource({ a: '3' });
    await using _ = await flags.watch(source);
    source.set('a', 'x');
    const { layers, lastChange, rejections, ...rest } = a.info();
    assert.equal(rest, {
      name: 'a',
      type: 'int',
      usage: 'How many.',
      dynamic: true,
      sensitive: false,
      deprecated: undefined,
      value: '3',
      defaultValue: '1',
      changed: true,
      source: 'memory',
      restartNeeded: false,
    });
    assert.equal(
      layers.map((layer) => layer.source),
      ['command line', 'memory'],
    );
    assert.is(lastChange?.next, '3');
    assert.equal(
      rejections.map(({ text, source: from, revision }) => [text, from, revision]),
      [['"x"', 'memory', '2']],
    );
  });
});

describe('FlagSet.checksum()', (it) => {
  it('is FNV-1a over name, zero, text, zero', () => {
    const flags = new FlagSet('s');
    assert.is(flags.checksum('dynamic'), '811c9dc5');
    flags.dynamic('a', string, 'b', '');
    // FNV-1a of the four bytes 61 00 62 00.
    assert.is(flags.checksum('dynamic'), fnv1a([0x61, 0, 0x62, 0]));
    assert.is(flags.checksum('static'), '811c9dc5');
  });

  it('takes the bytes of UTF-8, also where a text begins in ASCII', () => {
    const utf8 = new TextEncoder();
    for (const text of ['plain', 'é', 'naïve', 'x\u{1F600}y', 'half \uD800 pair', '\u0000']) {
      const flags = new FlagSet('s');
      flags.dynamic('a', string, text, '');
      assert.is(flags.checksum('dynamic'), fnv1a([0x61, 0, ...utf8.encode(text), 0]), text);
    }
  });

  it('keeps names and values apart (W16)', () => {
    const sum = (name: string, value: string): string => {
      const flags = new FlagSet('s');
      flags.dynamic(name, string, value, '');
      return flags.checksum('dynamic');
    };
    assert.is.not(sum('ab', 'c'), sum('a', 'bc'));
  });

  it('follows the values, whatever the way to them', () => {
    const one = new FlagSet('one');
    const a = one.dynamic('a', int, 1, '');
    one.dynamic('b', int, 1, '');
    const other = new FlagSet('other');
    other.dynamic('b', int, 1, '');
    other.dynamic('a', int, 2, '');
    assert.is.not(one.checksum('dynamic'), other.checksum('dynamic'));
    a.set(2);
    assert.is(one.checksum('dynamic'), other.checksum('dynamic'));
    a.reset();
    assert.is.not(one.checksum('dynamic'), other.checksum('dynamic'));
  });
});

/** The textbook's loop, in integers of any size. */
function fnv1a(bytes: readonly number[]): string {
  let hash = 0x811c9dc5n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return hash.toString(16).padStart(8, '0');
}
