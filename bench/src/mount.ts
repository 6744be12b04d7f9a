import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, int } from '@flagz/core';
import { quantile } from './statistics.ts';
import type { Subject } from './subject.ts';
import { showRatio, showTime } from './table.ts';
import { Volume } from './volume.ts';

const SWAPS = 400;
const MANY = 100;
const KEY = 'flag_0';
const DEADLINE_MS = 10_000;

/** Is somebody who follows a volume, and says each value of the key that it sees. */
interface Follower {
  readonly name: string;
  readonly keys: number;
  /** Gives what ends it. */
  start(volume: Volume, see: (value: number) => void): Promise<() => Promise<void>>;
}

const followers: readonly Follower[] = [
  { name: 'raw: fs.watch and readFile of one file', keys: 1, start: followRaw },
  { name: 'Flagz, volume of 1 key, to its notifier', keys: 1, start: followWithFlagz },
  { name: `Flagz, volume of ${MANY} keys, to a notifier`, keys: MANY, start: followWithFlagz },
];

/** Measures the time from the swap of a mounted ConfigMap to the moment when the program has the new value. */
export const mount: Subject = {
  name: 'mount',
  title: "A mounted ConfigMap: from the kubelet's swap to the new value",
  async measure(effort) {
    const tracks = await Promise.all(followers.map((follower) => Track.start(follower)));
    try {
      const swaps = Math.ceil(SWAPS * effort);
      // In turn, each while the others rest. The first swap is for the compiler.
      for (let swap = 0; swap <= swaps; swap++) {
        for (const track of tracks) await track.swap();
      }
      const figures = tracks.map(({ follower, latencies }) => {
        const samples = latencies.slice(1);
        return {
          name: follower.name,
          p50: quantile(samples, 0.5),
          p99: quantile(samples, 0.99),
          max: quantile(samples, 1),
        };
      });
      const raw = figures[0]!;
      return {
        table: {
          head: ['swap to visible', 'p50', 'p99', 'longest', 'p50 ratio', 'p99 ratio'],
          rows: figures.map(({ name, p50, p99, max }) => [
            name,
            ...[p50, p99, max].map((ms) => showTime(ms * 1e6)),
            showRatio(p50 / raw.p50),
            showRatio(p99 / raw.p99),
          ]),
        },
        goals: figures
          .slice(1)
          .map(({ name, p99 }) => ({ what: `p99 of: ${name}`, limit: 20, measured: p99, unit: ' ms' })),
      };
    } finally {
      await Promise.all(tracks.map((track) => track.stop()));
    }
  },
};

/** Is a follower with a volume of its own. */
class Track {
  readonly follower: Follower;
  readonly latencies: number[] = [];
  readonly #volume: Volume;
  #end: (() => Promise<void>) | undefined;
  #value = 0;
  #seen: ((value: number) => void) | undefined;

  static async start(follower: Follower): Promise<Track> {
    const track = new Track(follower);
    try {
      track.#end = await follower.start(track.#volume, (value) => track.#seen?.(value));
    } catch (error) {
      await track.stop();
      throw error;
    }
    return track;
  }

  private constructor(follower: Follower) {
    this.follower = follower;
    this.#volume = new Volume(this.#values());
  }

  /** Swaps, and waits until the follower has seen it. @throws {Error} when it never does */
  async swap(): Promise<void> {
    this.#value++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const seen = new Promise<number>((resolve, reject) => {
      this.#seen = (value) => {
        if (value === this.#value) resolve(performance.now());
      };
      timer = setTimeout(
        () => reject(new Error(`mount: ${this.follower.name}: nothing seen for ${DEADLINE_MS} ms`)),
        DEADLINE_MS,
      );
    });
    try {
      const start = this.#volume.swap(this.#values());
      this.latencies.push((await seen) - start);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#volume[Symbol.dispose]();
  }

  #values(): Record<string, string> {
    return Object.fromEntries(
      Array.from({ length: this.follower.keys }, (_, index) => [`flag_${index}`, `${this.#value + index}\n`]),
    );
  }
}

async function followWithFlagz(volume: Volume, see: (value: number) => void): Promise<() => Promise<void>> {
  const set = new FlagSet('bench');
  set.dynamic(KEY, int, -1, 'A flag.').withNotifier(see);
  for (let index = 1; index < MANY; index++) set.dynamic(`flag_${index}`, int, -1, 'A flag.');
  const watcher = await set.watch(configMapMountSource(volume.dir));
  return () => watcher.stop();
}

/** Does the least that sees a swap; it would lose updates where Flagz does not. */
async function followRaw(volume: Volume, see: (value: number) => void): Promise<() => Promise<void>> {
  const path = join(volume.dir, KEY);
  const read = (): void => {
    readFile(path, 'utf8').then(
      (text) => see(Number(text)),
      // Between two versions: another event follows.
      () => {},
    );
  };
  const watcher = watch(volume.dir, read);
  return async () => watcher.close();
}
