import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMapMountSource } from '@flagz/configmap';
import { configMapApiSource } from '@flagz/configmap/api';
import { FlagSet, int } from '@flagz/core';
import { Cluster, Namespace, TcpProxy, VolumeWriter } from '@flagz/testbed';
import { median, quantile } from './statistics.ts';
import type { Goal, Subject } from './subject.ts';
import { showRatio, showTime } from './table.ts';

const PATCHES = 1_000;
const SETS = 200;
/** How far away an API server in another zone is, one way, in milliseconds. */
const AWAY_MS = 5;
const DEADLINE_MS = 10_000;

/** Is where the followers are, and how they reach the API server. */
interface Stage {
  readonly cluster: Cluster;
  readonly namespace: Namespace;
  readonly kubeConfig: string;
  readonly folder: string;
}

/** Is what follows one flag. */
interface Track {
  readonly times: number[];
  /** Writes the flag; gives how long it took until the last follower was told. */
  write(counts: boolean): Promise<void>;
  end(): Promise<void>;
}

/** Is somebody who is told of each value; gives what ends it. */
type Follow = (stage: Stage, name: string, told: (value: number) => void) => Promise<() => Promise<void>>;

/** Measures a real API server: from a PATCH to the notifier, against a raw watch and against a mounted volume. */
export const configMapApi: Subject = {
  name: 'configmap-api',
  title: 'A ConfigMap through the API: against a raw watch of the same process, and against the mount',
  async measure(effort) {
    const cluster = await Cluster.start({ durable: true });
    const folder = mkdtempSync(join(tmpdir(), 'flagz-bench-'));
    try {
      const namespace = await new Namespace(cluster.api).create();
      const stage: Stage = { cluster, namespace, kubeConfig: cluster.adminKubeconfig(), folder };
      const patches = Math.ceil(PATCHES * effort);
      const sets = effort < 1 ? 10 : SETS;
      const rows: string[][] = [];
      const goals: Goal[] = [];
      const compare = async (
        what: string,
        first: Promise<Track>,
        second: Promise<Track>,
        limits: readonly number[],
      ) => {
        const [one, other] = await inTurn(patches, first, second);
        const ratio = median(other.map((time, round) => time / (one[round] as number)));
        const [one99, other99] = [quantile(one, 0.99), quantile(other, 0.99)];
        const times = [median(one), median(other)].map((ms) => showTime(ms * 1e6));
        const longest = [one99, other99].map((ms) => showTime(ms * 1e6));
        rows.push([what, ...times, showRatio(ratio), ...longest, showRatio(other99 / one99)]);
        for (const [index, limit] of limits.entries()) {
          const measured = index === 0 ? ratio : other99 / one99;
          goals.push({ what: `${what}, ${index === 0 ? 'p50' : 'p99'}`, limit, measured, unit: ' ×' });
        }
      };
      const raw = () => throughApi(stage, 'raw', 1, followRaw);
      const ours = (count: number) => throughApi(stage, `ours-${count}`, count, followWithFlagz);
      await compare('one flag set, against a raw watch', raw(), ours(1), [1.1, 1.1]);
      await compare(`the last of ${sets} flag sets, against one`, ours(1), ours(sets), [1.2]);
      const proxy = await TcpProxy.start(cluster);
      try {
        proxy.delayMs = AWAY_MS;
        const server = `https://127.0.0.1:${proxy.port}`;
        const client = cluster.clientCertificate('admin', 'system:masters');
        const kubeConfig = cluster.writeKubeconfig('far', { server, client });
        const far = (count: number) => throughApi({ ...stage, kubeConfig }, `far-${count}`, count, followWithFlagz);
        await compare(`the last of ${sets} flag sets, against one, ${AWAY_MS} ms away`, far(1), far(sets), [1.2]);
      } finally {
        await proxy.close();
      }
      await compare('one flag set, against the mount', mounted(stage), ours(1), []);
      await namespace.remove();
      return {
        table: { head: ['PATCH to told', 'other p50', 'Flagz p50', 'ratio', 'other p99', 'Flagz p99', 'ratio'], rows },
        goals,
      };
    } finally {
      await cluster.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Writes for the one, then for the other, again and again; gives their times. */
async function inTurn(writes: number, ...coming: [Promise<Track>, Promise<Track>]): Promise<[number[], number[]]> {
  const tracks = await Promise.all(coming);
  // The first ones are for the compiler.
  for (let write = -Math.min(50, writes); write < writes; write++) {
    for (const one of tracks) await one.write(write >= 0);
  }
  for (const one of tracks) await one.end();
  return [tracks[0].times, tracks[1].times];
}

/** Lets so many follow a ConfigMap of their own. */
async function throughApi(stage: Stage, name: string, followers: number, follow: Follow): Promise<Track> {
  const { namespace } = stage;
  await namespace.putConfigMap(name, { data: { rate: '0' } });
  const watched = new Watched(followers, (value) => namespace.patchConfigMap(name, { rate: String(value) }));
  await watched.start(() => follow(stage, name, watched.tell));
  return watched;
}

/** Follows a volume that the kubelet's own code writes, where others are patched. */
async function mounted({ folder }: Stage): Promise<Track> {
  const writer = new VolumeWriter();
  const dir = join(folder, 'mounted');
  mkdirSync(dir);
  const watched = new Watched(1, (value) => writer.write(dir, { rate: String(value) }));
  await writer.write(dir, { rate: '0' });
  await watched.start(async () => {
    const flags = new FlagSet('bench');
    flags.dynamic('rate', int, 0, '').withNotifier(watched.tell);
    const watcher = await flags.watch(configMapMountSource(dir));
    return async () => {
      await watcher.stop();
      await writer.stop();
    };
  });
  return watched;
}

/** Counts who was told of a write. */
class Watched implements Track {
  readonly times: number[] = [];
  readonly #followers: number;
  readonly #write: (value: number) => Promise<unknown>;
  #ends: readonly (() => Promise<void>)[] = [];
  #value = 0;
  #told = 0;
  #all = (): void => {};

  constructor(followers: number, write: (value: number) => Promise<unknown>) {
    this.#followers = followers;
    this.#write = write;
  }

  async start(follow: () => Promise<() => Promise<void>>): Promise<void> {
    this.#ends = await Promise.all(Array.from({ length: this.#followers }, follow));
  }

  readonly tell = (value: number): void => {
    if (value === this.#value && ++this.#told === this.#followers) this.#all();
  };

  async write(counts: boolean): Promise<void> {
    this.#told = 0;
    this.#value++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const all = new Promise<number>((resolve, reject) => {
      this.#all = () => resolve(performance.now());
      timer = setTimeout(
        () => reject(new Error(`configmap-api: not all were told within ${DEADLINE_MS} ms`)),
        DEADLINE_MS,
      );
    });
    try {
      const start = performance.now();
      const writing = this.#write(this.#value);
      const [end] = await Promise.all([all, writing]);
      if (counts) this.times.push(end - start);
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

const followRaw: Follow = async ({ namespace }, name, told) => {
  const watch = await namespace.watchConfigMap(name, ({ data }) => told(Number((data as { rate: string }).rate)));
  return async () => watch.close();
};

const followWithFlagz: Follow = async ({ namespace, kubeConfig }, name, told) => {
  const flags = new FlagSet('bench');
  flags.dynamic('rate', int, 0, '').withNotifier(told);
  const watcher = await flags.watch(configMapApiSource({ namespace: namespace.name, name, kubeConfig }));
  return () => watcher.stop();
};
