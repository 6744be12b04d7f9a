import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamicFlag, FlagSet, inRange, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { EtcdServer, TcpProxy, etcdBinaries } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import type { Random } from './random.ts';

const PREFIX = '/soak/';
const FLAGS = 30;
const INSTANCES = 3;
const CONVERGES_WITHIN_MS = 20_000;

/** Configures a soak. */
export interface SoakOptions {
  readonly minutes: number;
  readonly random: Random;
}

/** Is one instance of the service: a flag set behind a proxy of its own. */
interface Instance {
  readonly flags: FlagSet;
  readonly values: readonly DynamicFlag<number>[];
  readonly proxy: TcpProxy;
}

const WRITES = { good: 60, transaction: 15, deletion: 10, bad: 1.5 } as const;
const FAULTS = { drop: 6, cut: 4, delay: 3, stall: 2, blackHole: 2, kill: 1.5, compaction: 4 } as const;

/** Runs etcd sources among random faults; checks after each calm that all instances hold what etcd holds. */
export async function soakEtcd({ minutes, random }: SoakOptions): Promise<number> {
  const soak = new Soak(
    random,
    await EtcdServer.start(etcdBinaries().at(-1) as ReturnType<typeof etcdBinaries>[number]),
  );
  try {
    return await soak.run(minutes);
  } finally {
    await soak.close();
  }
}

class Soak {
  readonly #random: Random;
  readonly #server: EtcdServer;
  readonly #instances: Instance[] = [];
  readonly #injected = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();
  readonly #flapping = new Set<string>();
  #count = 0;
  #lost = 0;
  #slowest = 0;

  constructor(random: Random, server: EtcdServer) {
    this.#random = random;
    this.#server = server;
  }

  async run(minutes: number): Promise<number> {
    for (let index = 0; index < INSTANCES; index++) this.#instances.push(await this.#start(index));
    const end = Date.now() + minutes * 60_000;
    await this.#calm();
    const before = heap();
    while (Date.now() < end) {
      await this.#storm(Math.min(3_000 + this.#random.below(6_000), Math.max(500, end - Date.now())));
      await this.#calm();
    }
    this.#report(before, heap());
    return this.#lost;
  }

  async close(): Promise<void> {
    for (const { flags, proxy } of this.#instances) {
      for (const watcher of flags.watchers) await watcher.stop();
      await proxy.close();
    }
    await this.#server.close();
  }

  async #start(index: number): Promise<Instance> {
    const proxy = await TcpProxy.start(this.#server.ports.client);
    const flags = new FlagSet(`soak${index}`);
    const values = Array.from({ length: FLAGS }, (_, flag) =>
      flags.dynamic(`flag${flag}`, int, 0, '').withValidator(inRange(0, 1_000_000_000)),
    );
    flags.subscribe((event) => {
      if (event.kind !== 'rollback') return;
      count(this.#outcomes, event.outcome);
      if (event.outcome === 'flapping') this.#flapping.add(event.flag);
    });
    await flags.watch(etcdSource({ hosts: proxy.url, prefix: PREFIX, rollbackDelayMs: 200, reloadEveryMs: 60_000 }));
    return { flags, values, proxy };
  }

  /** Writes all the while, and breaks something now and then. */
  async #storm(ms: number): Promise<void> {
    const end = Date.now() + ms;
    const writing = (async () => {
      // A write fails while the server is down: what etcd holds in the end is what counts.
      while (Date.now() < end) await this.#write().catch(() => sleep(20));
    })();
    while (Date.now() < end) {
      await this.#break();
      await sleep(this.#random.below(600));
    }
    await writing;
  }

  async #write(): Promise<void> {
    const kind = this.#random.choose(WRITES);
    const key = (): string => `${PREFIX}flag${this.#random.below(FLAGS)}`;
    count(this.#injected, `write: ${kind}`);
    if (kind === 'good') await this.#server.put(key(), String(++this.#count));
    else if (kind === 'deletion') await this.#server.delete(key());
    else if (kind === 'bad') await this.#server.put(key(), `rubbish ${++this.#count}`);
    else await this.#server.write(Object.fromEntries(Array.from({ length: 5 }, () => [key(), String(++this.#count)])));
  }

  async #break(): Promise<void> {
    const fault = this.#random.choose(FAULTS);
    count(this.#injected, `fault: ${fault}`);
    const { proxy } = this.#instances[this.#random.below(INSTANCES)] as Instance;
    if (fault === 'drop') return proxy.drop();
    if (fault === 'compaction') return this.#server.compact().catch(() => {});
    if (fault === 'kill') {
      await this.#server.kill();
      await sleep(this.#random.below(1_500));
      return this.#server.run();
    }
    if (fault === 'delay') proxy.delay(this.#random.below(200));
    else proxy[fault]();
    await sleep(this.#random.below(1_500));
    proxy.restore();
  }

  /** Ends all faults; then every instance must hold what etcd holds, and etcd nothing that they refuse. */
  async #calm(): Promise<void> {
    for (const { proxy } of this.#instances) proxy.restore();
    const start = Date.now();
    const differences = async (): Promise<string[]> => {
      const found = await this.#server.client.getAll().prefix(PREFIX).strings();
      // What flaps is left alone, as documented: the operator mends it.
      for (const name of this.#flapping)
        if (found[PREFIX + name]?.startsWith('rubbish')) await this.#server.delete(PREFIX + name);
      this.#flapping.clear();
      return this.#instances.flatMap(({ values }, index) =>
        values.flatMap((flag) => {
          const text = found[PREFIX + flag.name] ?? '0';
          return text === String(flag.get())
            ? []
            : [`instance ${index}, ${flag.name}: etcd ${text}, flag ${flag.get()}`];
        }),
      );
    };
    // Until a comparison has been made, nothing is known to have arrived.
    let wrong = ['no comparison was possible'];
    await eventually(async () => (wrong = await differences()).length === 0, {
      withinMs: CONVERGES_WITHIN_MS,
      everyMs: 100,
    }).catch(() => {});
    this.#slowest = Math.max(this.#slowest, Date.now() - start);
    count(this.#injected, 'calm');
    this.#lost += wrong.length;
    for (const line of wrong) console.log(`LOST ${line}`);
  }

  #report(before: number, after: number): void {
    const restarts = this.#instances.flatMap(({ flags }) => flags.watchers.map(({ status }) => status.restarts));
    const rows: [string, string | number][] = [
      ...byName(this.#injected),
      ...byName(this.#outcomes).map(([outcome, times]): [string, number] => [`rollback: ${outcome}`, times]),
      ['restarts of the sources', restarts.reduce((sum, times) => sum + times, 0)],
      ['slowest convergence', `${this.#slowest} ms`],
      ['memory at start', `${(before / 1e6).toFixed(1)} MB`],
      ['memory at end', `${(after / 1e6).toFixed(1)} MB`],
      ['lost', this.#lost],
    ];
    console.log('| what | count |\n| --- | ---: |');
    for (const [what, times] of rows) console.log(`| ${what} | ${times} |`);
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function byName(counts: Map<string, number>): [string, number][] {
  return [...counts].sort(([left], [right]) => left.localeCompare(right));
}

function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
