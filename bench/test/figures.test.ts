import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { bytesPerCall } from '../src/allocation.ts';
import { inTurn, standingOf } from '../src/in-turn.ts';
import { showGoal } from '../src/show-report.ts';
import { median, quantile } from '../src/statistics.ts';
import { formatTable, showNumber, showRatio, showTime } from '../src/table.ts';

describe('quantile()', (it) => {
  it('takes the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.equal(
      [0, 0.5, 0.99, 1].map((part) => quantile(samples, part)),
      [1, 50, 99, 100],
    );
    assert.is(median([3, 1, 2]), 2);
  });

  it('refuses to make a figure of nothing', () => {
    throws(() => median([]), 'quantile: expected at least one sample');
  });
});

describe('inTurn()', (it) => {
  it('goes round by round, drops the first round, and compares within a round', async () => {
    const events: string[] = [];
    const contender = (name: string, times: number[]) => ({
      name,
      run() {
        events.push(name);
        return times.shift()!;
      },
    });
    // The second round is ten times as slow as the third: the ratio stays.
    const standings = await inTurn([contender('a', [999, 100, 10]), contender('b', [1, 200, 20])], 2);
    assert.is(events.join(''), 'ababab');
    assert.equal(standings, [
      { name: 'a', time: 10, ratio: 1 },
      { name: 'b', time: 20, ratio: 2 },
    ]);
    throws(() => standingOf(standings, 'c'), 'no contender "c"');
  });

  it('ends with the failure of a contender', async () => {
    const run = (): never => {
      throw new Error('a change did not reach its notifier');
    };
    await rejects(inTurn([{ name: 'a', run }], 1), 'a change did not reach its notifier');
  });
});

describe('bytesPerCall()', (it) => {
  it('tells a call that allocates from one that does not', async () => {
    let kept: unknown;
    assert.ok((await bytesPerCall(() => (kept = Array.from({ length: 100 }, () => kept)), 2_000)) > 800);
    assert.ok((await bytesPerCall(() => 1, 200_000)) < 1);
  });
});

describe('a figure', (it) => {
  it('has a unit that suits it and three digits that count', () => {
    assert.equal([0.5, 1.234, 12_345, 1_234_567, 2e9].map(showTime), [
      '0.500 ns',
      '1.23 ns',
      '12.3 µs',
      '1.23 ms',
      '2.00 s',
    ]);
    assert.equal([showNumber(12_345.6), showRatio(1)], ['12,346', '1.00 ×']);
  });

  it('is compared with its goal', () => {
    const goal = { what: 'size', limit: 6_000, unit: ' B' };
    assert.is(showGoal({ ...goal, measured: 6_000 }), '- size: 6,000 B, goal ≤ 6,000 B: met');
    assert.is(showGoal({ ...goal, measured: 6_001 }), '- size: 6,001 B, goal ≤ 6,000 B: **missed**');
    assert.match(showGoal({ ...goal, measured: NaN }), /missed/);
  });

  it('stands in a table that is Markdown', () => {
    const table = formatTable({
      head: ['what', 'time'],
      rows: [
        ['a', '1 ns'],
        ['long name', '10 ns'],
      ],
    });
    assert.equal(table.split('\n'), [
      '| what      |  time |',
      '| --------- | ----: |',
      '| a         |  1 ns |',
      '| long name | 10 ns |',
    ]);
  });
});
