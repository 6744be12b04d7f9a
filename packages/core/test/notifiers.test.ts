import { FlagSet, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';

describe('notifiers', (it) => {
  it('are not told of the change of their flag in which they come', () => {
    const told: string[] = [];
    const a = new FlagSet('s').dynamic('a', int, 0, '');
    a.withNotifier((next) => {
      told.push(`first ${next}`);
      if (next === 1) a.withNotifier((later) => void told.push(`second ${later}`));
    });
    a.set(1);
    a.set(2);
    assert.equal(told, ['first 1', 'first 2', 'second 2']);
  });

  it('are told no more once their signal has aborted, also in the same change', () => {
    const told: string[] = [];
    const leaving = new AbortController();
    const a = new FlagSet('s').dynamic('a', int, 0, '');
    a.withNotifier((next) => {
      told.push(`first ${next}`);
      leaving.abort();
    });
    a.withNotifier((next) => void told.push(`second ${next}`), { signal: leaving.signal });
    a.withNotifier((next) => void told.push(`third ${next}`));
    a.set(1);
    a.set(2);
    assert.equal(told, ['first 1', 'third 1', 'first 2', 'third 2']);
  });

  it('are called as often as they subscribed, each with a signal of its own', () => {
    let calls = 0;
    const count = (): void => void calls++;
    const one = new AbortController();
    const a = new FlagSet('s').dynamic('a', int, 0, '').withNotifier(count).withNotifier(count, { signal: one.signal });
    a.set(1);
    assert.is(calls, 2);
    one.abort();
    a.set(2);
    assert.is(calls, 3);
  });

  it('keep their order while thousands come and go', () => {
    const a = new FlagSet('s').dynamic('a', int, 0, '');
    let told: number[] = [];
    const aborts = Array.from({ length: 5_000 }, (_, index) => {
      const abort = new AbortController();
      a.withNotifier(() => void told.push(index), { signal: abort.signal });
      return abort;
    });
    const left = new Set(aborts.keys());
    for (const index of left) {
      if (index % 7 === 3) continue;
      aborts[index]?.abort();
      left.delete(index);
      if (index % 1_000 !== 0) continue;
      told = [];
      a.set(index + 1);
      assert.equal(told, [...left]);
    }
    for (const index of left) aborts[index]?.abort();
    told = [];
    a.set(0);
    assert.equal(told, []);
  });
});
