import { randomUUID } from 'node:crypto';
import { FlagSet, int, string } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { EtcdServer, TcpProxy, etcdBinaries } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { median, quantile } from './statistics.ts';
import type { Goal, Subject } from './subject.ts';
import { showRatio, showTime } from './table.ts';

const PUTS = 1_000;
const FLAGS = 20_000;
const VALUE = 'x'.repeat(1_000);
const LOADS = 7;
const SETS = 300;
const FAN_OUTS = 200;
/** How far away a server is, one way, in milliseconds: on another machine, and in another zone. */
const AWAY_MS = [1, 5];

/** Is what follows a key and what it costs until the last of them was told. */
interface Track {
  readonly times: number[];
  put(counts: boolean): Promise<void>;
  end(): Promise<void>;
}

/** Is how followers reach the server. */
type Way = Pick<EtcdServer, 'client' | 'url'>;

/** Is a way to follow one key; gives what ends it. */
type Follow = (way: Way, prefix: string, told: () => void) => Promise<() => Promise<void>>;

/** Measures a real etcd: a change, the first load, and 300 flag sets, each against the raw calls of etcd3 in the same process. */
export const etcd: Subject = {
  name: 'etcd',
  title: 'etcd: against raw calls of etcd3 in the same process',
  async measure(effort) {
    const server = await EtcdServer.start(etcdBinaries().at(-1)!);
    try {
      const rows: string[][] = [];
      const goals: Goal[] = [];
      const compare = (what: string, raw: readonly number[], ours: readonly number[], limit?: number): void => {
        const ratio = median(ours.map((time, round) => time / (raw[round] as number)));
        const [raw99, our99] = [quantile(raw, 0.99), quantile(ours, 0.99)];
        rows.push([
          what,
          ...[median(raw), median(ours)].map((ms) => showTime(ms * 1e6)),
          showRatio(ratio),
          ...[raw99, our99].map((ms) => showTime(ms * 1e6)),
          showRatio(our99 / raw99),
        ]);
        if (limit !== undefined) goals.push({ what, limit, measured: ratio, unit: ' ×' });
      };
      // Not the connection that puts: who follows is another process than who puts, as a rule.
      const near = { client: server.connect(), url: server.url };
      const raw = (followers: number, way: Way = near) => track(server, way, followers, followRaw);
      const ours = (followers: number, way: Way = near) => track(server, way, followers, followWithFlagz);
      compare('put to notifier', ...(await inTurn(Math.ceil(PUTS * effort), raw(1), ours(1))), 1.1);
      await measureLoads(server, effort, compare);
      const sets = effort < 1 ? 10 : SETS;
      const puts = Math.ceil(FAN_OUTS * effort);
      const last = `put to the last of ${sets}`;
      compare(`${last}, each with a watch of its own`, ...(await inTurn(puts, raw(sets), ours(sets))), 1.2);
      compare(`${last}, against one raw watch`, ...(await inTurn(puts, raw(1), ours(sets))), 1.2);
      for (const ms of AWAY_MS) {
        const proxy = await TcpProxy.start(Number(new URL(server.url).port));
        try {
          proxy.delay(ms);
          const far = { client: server.connect(proxy.url), url: proxy.url };
          const times = await inTurn(puts, raw(1, far), ours(sets, far));
          compare(`${last}, against one raw watch, ${ms} ms away`, ...times, 1.2);
        } finally {
          await proxy.close();
        }
      }
      return {
        table: { head: ['what', 'raw p50', 'Flagz p50', 'ratio', 'raw p99', 'Flagz p99', 'ratio'], rows },
        goals,
      };
    } finally {
      await server.close();
    }
  },
};

/** Puts to the one, then to the other, again and again; gives the times until the last follower was told. */
async function inTurn(puts: number, ...coming: [Promise<Track>, Promise<Track>]): Promise<[number[], number[]]> {
  const tracks = await Promise.all(coming);
  // The first ones are for the compiler.
  for (let put = -Math.min(20, puts); put < puts; put++) {
    for (const one of tracks) await one.put(put >= 0);
  }
  for (const one of tracks) await one.end();
  return [tracks[0].times, tracks[1].times];
}

async function track(server: EtcdServer, way: Way, followers: number, follow: Follow): Promise<Track> {
  const prefix = `/${randomUUID()}/`;
  const times: number[] = [];
  let told = 0;
  let value = 0;
  let all = (): void => {};
  const tell = (): void => {
    if (++told === followers) all();
  };
  const ends = await Promise.all(Array.from({ length: followers }, () => follow(way, prefix, tell)));
  return {
    times,
    async put(counts: boolean): Promise<void> {
      told = 0;
      const done = new Promise<void>((resolve) => (all = resolve));
      const start = performance.now();
      const putting = server.put(`${prefix}rate`, String(++value));
      await done;
      if (counts) times.push(performance.now() - start);
      await putting;
    },
    async end(): Promise<void> {
      for (const end of ends) await end();
    },
  };
}

const followRaw: Follow = async ({ client }, prefix, told) => {
  const stream = await client.watchClient.watch();
  let created = false;
  stream.on('error', () => {});
  stream.on('data', (response) => {
    created ||= response.created;
    if (response.events.length > 0) told();
  });
  stream.write({ create_request: { key: Buffer.from(`${prefix}rate`) } });
  await eventually(() => created);
  return async () => {
    stream.end();
    stream.cancel();
  };
};

const followWithFlagz: Follow = async ({ url }, prefix, told) => {
  const flags = new FlagSet('bench');
  flags.dynamic('rate', int, 0, '').withNotifier(told);
  const watcher = await flags.watch(etcdSource({ hosts: url, prefix }));
  return () => watcher.stop();
};

async function measureLoads(
  server: EtcdServer,
  effort: number,
  compare: (what: string, raw: readonly number[], ours: readonly number[], limit?: number) => void,
): Promise<void> {
  const count = Math.ceil(FLAGS * effort);
  for (let first = 0; first < count; first += 100) {
    const names = Array.from({ length: 100 }, (_, index) => `/large/flag${first + index}`);
    await server.write(Object.fromEntries(names.map((name) => [name, VALUE])));
  }
  const [raw, read, applied]: [number[], number[], number[]] = [[], [], []];
  for (let load = 0; load <= Math.ceil(LOADS * effort); load++) {
    raw.push(await timed(() => readRaw(server)));
    // Nobody's flags: what is not parsed is only read.
    read.push(await timeToLoad(server, new FlagSet('nobody')));
    const flags = new FlagSet('bench');
    for (let index = 0; index < count; index++) flags.dynamic(`flag${index}`, string, '', '');
    applied.push(await timeToLoad(server, flags));
  }
  // The first round is for the compiler.
  for (const times of [raw, read, applied]) times.shift();
  compare(`first load of ${count} flags of 1 kB, until it is read and kept`, raw, read);
  compare(`first load of ${count} flags of 1 kB, until all are parsed and applied`, raw, applied, 1.3);
}

async function timeToLoad({ url }: EtcdServer, flags: FlagSet): Promise<number> {
  const start = performance.now();
  const watcher = await flags.watch(etcdSource({ hosts: url, prefix: '/large' }));
  const took = performance.now() - start;
  await watcher.stop();
  return took;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Connects, and reads everything, in pages of 1,000 at one revision. */
async function readRaw(server: EtcdServer): Promise<number> {
  const client = server.connect();
  const kept = new Map<string, Buffer>();
  let revision = '0';
  for (let key: Buffer | undefined = Buffer.from('/large/'); key;) {
    const page = await client.kv.range({ key, range_end: Buffer.from('/large0'), limit: 1_000, revision });
    for (const kv of page.kvs) kept.set(kv.key.toString(), kv.value);
    revision = page.header.revision;
    const last = page.kvs.at(-1);
    key = page.more && last ? Buffer.concat([last.key, Buffer.from([0])]) : undefined;
  }
  client.close();
  return kept.size;
}
