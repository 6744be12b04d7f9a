import { quantile } from './statistics.ts';
import type { Subject } from './subject.ts';
import { showCount, showNumber } from './table.ts';

const FLEETS = [10, 1_000, 100_000];
/** The watcher's defaults: full jitter below a bound that doubles from 100 ms to 30 s. */
const BACKOFF = { minMs: 100, maxMs: 30_000 };
/** Who wants to undo a refused value waits any time up to this, as the etcd source does. */
const ROLLBACK_DELAY_MS = 1_000;
/** How long after a write the others hear of it: in one data centre, and when the store is slow. */
const HEARD_AFTER_MS = [20, 200];

/** Simulates what a fleet sends when its store was away, and when a value that all refuse is written. Opens no connection. */
export const fleet: Subject = {
  name: 'fleet',
  title: 'fleet: what N instances send to one store, simulated from the jitter rules',
  async measure(effort) {
    const random = randomFrom(1);
    const rows = FLEETS.map((size) => Math.ceil(size * effort)).map((size) => {
      const short = outage(size, 1_000, random);
      const long = outage(size, 300_000, random);
      const writes = HEARD_AFTER_MS.map((latency) => rollbacks(size, latency, random));
      return [
        showCount(size),
        showCount(short.peak),
        showNumber(short.last / 1_000),
        showCount(long.tries),
        showCount(long.peak),
        showNumber(long.last / 1_000),
        ...writes.map(showCount),
      ];
    });
    const [quick, slow] = HEARD_AFTER_MS;
    return {
      table: {
        head: [
          'instances',
          '1 s away: most back in one second',
          '99 % back after s',
          '5 min away: most tries in one second',
          'most back in one second',
          '99 % back after s',
          `rollbacks sent, heard after ${quick} ms`,
          `after ${slow} ms`,
        ],
        rows,
      },
      goals: [],
    };
  },
};

/** Follows each instance from the loss of its connection until it is back; a try takes no time. */
function outage(size: number, lengthMs: number, random: () => number): { tries: number; peak: number; last: number } {
  const tries = new Map<number, number>();
  const backs = new Map<number, number>();
  const times: number[] = [];
  for (let instance = 0; instance < size; instance++) {
    let at = 0;
    for (let failures = 1; ; failures++) {
      at += random() * Math.min(BACKOFF.maxMs, BACKOFF.minMs * 2 ** (failures - 1));
      if (at >= lengthMs) break;
      count(tries, at);
    }
    count(backs, at - lengthMs);
    times.push(at - lengthMs);
  }
  return { tries: most(tries), peak: most(backs), last: quantile(times, 0.99) };
}

/** Counts the transactions until word of the first one has reached everybody: all but the first change nothing. */
function rollbacks(size: number, heardAfterMs: number, random: () => number): number {
  const waits = Array.from({ length: size }, () => random() * ROLLBACK_DELAY_MS);
  const first = waits.reduce((least, wait) => Math.min(least, wait), Infinity);
  return waits.filter((wait) => wait <= first + heardAfterMs).length;
}

function count(perSecond: Map<number, number>, ms: number): void {
  const second = Math.floor(ms / 1_000);
  perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
}

function most(perSecond: ReadonlyMap<number, number>): number {
  return Math.max(0, ...perSecond.values());
}

/** Makes numbers that are the same in each run: a linear congruential generator, good enough to spread waits. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
