import { getEventListeners } from 'node:events';
import { FlagSet, derive, int } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';

const COMMAND_LINE = { name: 'command line', kind: 'command line' } as const;

describe('derive()', (it) => {
  it('computes at once, then once a batch, before any notifier runs', () => {
    const flags = new FlagSet('s');
    const log: string[] = [];
    const a = flags.dynamic('a', int, 1, '');
    const b = flags.dynamic('b', int, 2, '');
    a.withNotifier(() => void log.push(`notified ${sum.get()}`));
    const sum = derive([a, b], (x, y) => {
      log.push('computed');
      return x + y;
    });
    assert.is(sum.get(), 3);
    flags.load(COMMAND_LINE, [
      ['a', '10'],
      ['b', '20'],
    ]);
    assert.is(sum.get(), 30);
    assert.equal(log, ['computed', 'computed', 'notified 30']);
  });

  it('tells its own notifiers after those of the flags, when it gave another value', () => {
    const flags = new FlagSet('s');
    const log: string[] = [];
    const a = flags.dynamic('a', int, 1, '');
    const parity = derive([a], (x) => x % 2).withNotifier(
      (next, previous) => void log.push(`parity ${previous}>${next}`),
    );
    a.withNotifier((next) => void log.push(`a ${next}`));
    a.set(3);
    a.set(4);
    assert.equal(log, ['a 3', 'a 4', 'parity 1>0']);
    assert.is(parity.get(), 0);
  });

  it('keeps the last value where the computation throws, and says so', () => {
    const flags = new FlagSet('s');
    const errors: string[] = [];
    flags.subscribe((event) => event.kind === 'notifier-error' && errors.push(`${event.flag}: ${event.error.message}`));
    const a = flags.dynamic('a', int, 1, '');
    const half = derive([a], (x) => {
      if (x % 2 === 0) throw new Error('even');
      return x;
    });
    a.set(2);
    assert.is(half.get(), 1);
    assert.equal(errors, ['a: even']);
    throws(
      () =>
        derive([a], () => {
          throw new Error('at once');
        }),
      'at once',
    );
  });

  it('lets go of its flags', () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 1, '');
    const double = derive([a], (x) => 2 * x);
    double[Symbol.dispose]();
    a.set(5);
    assert.is(double.get(), 2);
  });

  it('puts one listener on a signal, however many subscriptions hang on it', () => {
    const flags = new FlagSet('s');
    const abort = new AbortController();
    const told: number[] = [];
    const many = Array.from({ length: 20 }, (_, index) => flags.dynamic(`f${index}`, int, 0, ''));
    for (const flag of many) flag.withNotifier((next) => void told.push(next), { signal: abort.signal });
    assert.is(getEventListeners(abort.signal, 'abort').length, 1);
    abort.abort();
    for (const flag of many) flag.set(1);
    assert.equal(told, []);
  });

  it('ends a subscription with its signal', () => {
    const flags = new FlagSet('s');
    const told: number[] = [];
    const abort = new AbortController();
    const a = flags.dynamic('a', int, 1, '').withNotifier((next) => void told.push(next), { signal: abort.signal });
    derive([a], (x) => x).withNotifier((next) => void told.push(next), { signal: abort.signal });
    a.set(2);
    abort.abort();
    a.set(3);
    a.withNotifier((next) => void told.push(next), { signal: abort.signal });
    a.set(4);
    assert.equal(told, [2, 2]);
  });
});
