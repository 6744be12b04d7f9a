import { configMapApiSource } from '@flagz/configmap/api';
import { etcdSource } from '@flagz/etcd';
import { quantile } from './statistics.ts';
import type { Subject } from './subject.ts';
import { showCount, showNumber } from './table.ts';

const FLEETS = [10, 1_000, 100_000];
/** Who wants to undo a refused value waits any time up to this, the default of the etcd source. */
const ROLLBACK_DELAY_MS = 1_000;
/** How long after a write the others hear of it: in one data centre, and when the store is slow. */
const HEARD_AFTER_MS = [20, 200];

/** Says how the instances of one kind wait between two tries: the longest of some waits that are drawn at the same time. */
interface Waiting {
  readonly name: string;
  readonly minMs: number;
  readonly maxMs: number;
  readonly draws: number;
  readonly writes: boolean;
}

/** Gives the waits that are in force: those of the sources as they say themselves, and the watcher's own for all others. */
export function waitings(): readonly Waiting[] {
  const etcd = etcdSource({ hosts: 'http://127.0.0.1:2379', prefix: '/fleet' }).backoff;
  const api = configMapApiSource({ namespace: 'fleet', name: 'fleet' }).backoff;
  const core = { minMs: 100, maxMs: 30_000 };
  return [
    { name: 'etcd', ...core, ...etcd, draws: 1, writes: true },
    // The shared watch draws a wait of its own while the watcher waits.
    { name: 'Kubernetes API', ...core, ...api, draws: 2, writes: false },
    { name: 'a source without `backoff`', ...core, draws: 1, writes: false },
  ];
}

/** Simulates what a fleet sends when its store was away, and when a value that all refuse is written. Opens no connection. */
export const fleet: Subject = {
  name: 'fleet',
  title: 'fleet: what N instances send to one store, simulated from the jitter rules',
  async measure(effort) {
    const random = randomFrom(1);
    const rows = waitings().flatMap((waiting) =>
      FLEETS.map((size) => Math.ceil(size * effort)).map((size) => {
        const short = outage(size, 1_000, waiting, random);
        const long = outage(size, 300_000, waiting, random);
        const writes = HEARD_AFTER_MS.map((latency) =>
          waiting.writes ? showCount(rollbacks(size, latency, random)) : '',
        );
        return [
          waiting.name,
          showCount(size),
          showCount(short.peak),
          showNumber(short.last / 1_000),
          showCount(long.tries),
          showCount(long.triesLater),
          showCount(long.peak),
          showNumber(long.last / 1_000),
          ...writes,
        ];
      }),
    );
    const [quick, slow] = HEARD_AFTER_MS;
    return {
      table: {
        head: [
          'source',
          'instances',
          '1 s away: most back in one second',
          '99 % back after s',
          '5 min away: most tries in one second',
          'tries in the last second',
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
function outage(
  size: number,
  lengthMs: number,
  waiting: Waiting,
  random: () => number,
): { tries: number; triesLater: number; peak: number; last: number } {
  const tries = new Map<number, number>();
  const backs = new Map<number, number>();
  const times: number[] = [];
  for (let instance = 0; instance < size; instance++) {
    let at = 0;
    for (let failures = 1; ; failures++) {
      at += drawWait(waiting, failures, random);
      if (at >= lengthMs) break;
      count(tries, at);
    }
    count(backs, at - lengthMs);
    times.push(at - lengthMs);
  }
  const triesLater = tries.get(lengthMs / 1_000 - 1) ?? 0;
  return { tries: most(tries), triesLater, peak: most(backs), last: quantile(times, 0.99) };
}

/** Draws how long to wait after so many failures in a row: any time up to a bound that doubles. */
function drawWait({ minMs, maxMs, draws }: Waiting, failures: number, random: () => number): number {
  const bound = Math.min(maxMs, minMs * 2 ** (failures - 1));
  return bound * Math.max(...Array.from({ length: draws }, random));
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
