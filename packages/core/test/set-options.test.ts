import { FlagSet, ValidationError, inRange, int, json, string } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';

describe('DynamicFlag.setText() with an actor', (it) => {
  it('names the actor in the change, its event, the history and the flag', () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 10, 'Rate.');
    const events: string[] = [];
    flags.subscribe((event) =>
      events.push(`${event.kind} by ${('origin' in event && event.origin?.actor) || 'nobody'}`),
    );
    rate.setText('20', { actor: 'ann' });
    rate.set(30);
    rate.reset({ actor: 'bob' });
    assert.equal(
      flags.history().map(({ next, origin }) => [next, origin?.actor]),
      [
        ['20', 'ann'],
        ['30', undefined],
        ['10', 'bob'],
      ],
    );
    assert.equal(events, ['change by ann', 'change by nobody', 'change by bob']);
    assert.is(rate.info().lastChange?.origin?.actor, 'bob');
  });

  it('names the actor of a refused value', () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 10, 'Rate.').withValidator(inRange(1, 100));
    const events: unknown[] = [];
    flags.subscribe((event) => events.push([event.kind, event.kind === 'rejected' && event.origin?.actor]));
    throws(() => rate.setText('0', { actor: 'ann' }), ValidationError);
    assert.equal(events, [['rejected', 'ann']]);
  });
});

describe('DynamicFlag.set() of the value that is there', (it) => {
  it('changes nothing but whose value it is', () => {
    const flags = new FlagSet('s');
    const list = flags.dynamic('list', json(), [1], 'List.');
    let told = 0;
    list.withNotifier(() => void told++);
    list.setText('[2]', { actor: 'ann' });
    const { value, version } = { value: list.get(), version: flags.version };
    const origin = (): unknown => list.info().layers.at(-1)?.origin;
    assert.equal(origin(), { actor: 'ann' });
    const first = origin();
    list.setText('[2]', { actor: 'ann' });
    assert.is.not(origin(), first);
    list.set([2]);
    assert.is(origin(), undefined);
    assert.is(list.get(), value);
    assert.equal([flags.version, told, list.info().layers.length], [version, 1, 1]);
    list.reset();
    assert.equal(list.get(), [1]);
  });
});

describe('DynamicFlag.setText() as a dry run', (it) => {
  it('asks type, validators and invariants, and changes nothing', () => {
    const flags = new FlagSet('s');
    const low = flags.dynamic('low', int, 1, 'Low.').withValidator(inRange(0, 50));
    const high = flags.dynamic('high', int, 10, 'High.');
    flags.invariant([low, high], (from, to) => from <= to || 'low above high');
    const events: unknown[] = [];
    flags.subscribe((event) => events.push(event));
    low.setText('5', { dryRun: true });
    throws(() => low.setText('five', { dryRun: true }), 'flag "low": expected an integer, got "five"');
    throws(() => low.setText('51', { dryRun: true }), /flag "low": .*, got "51"/);
    throws(() => low.setText('11', { dryRun: true }), 'flag "low": low above high, got "11" (invariant of low, high)');
    assert.equal([low.get(), flags.version, flags.history().length, events.length], [1, 0, 0, 0]);
  });

  it('tells whether a reset would be refused', () => {
    const flags = new FlagSet('s');
    const low = flags.dynamic('low', int, 5, 'Low.');
    const high = flags.dynamic('high', int, 10, 'High.');
    flags.invariant([low, high], (from, to) => from <= to || 'low above high');
    low.set(1);
    high.set(2);
    throws(() => low.reset({ dryRun: true }), /low above high/);
    high.reset({ dryRun: true });
    assert.equal([low.get(), high.get()], [1, 2]);
  });

  it('never shows a sensitive value', () => {
    const flags = new FlagSet('s');
    const token = flags
      .dynamic('token', string, '', 'Token.', { sensitive: true })
      .withValidator((text) => text.length < 3 || text);
    const error = throws(() => token.setText('secret', { dryRun: true }), ValidationError);
    assert.not.match(error.message, /secret/);
  });
});
