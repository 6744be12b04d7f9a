// `pnpm run soak --minutes N [--seed S]`: runs the API source among random faults, and counts what was lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type DynamicFlag, FlagSet, inRange, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { Cluster, Namespace, TcpProxy } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { Random } from './random.ts';

const FLAGS = 30;
const INSTANCES = 3;
const CONVERGES_WITHIN_MS = 30_000;
const WRITES = { good: 60, several: 15, deletion: 10, bad: 2, recreation: 1 } as const;
const FAULTS = { cut: 8, delay: 3, refusal: 4, stall: 2, blackHole: 2, kill: 1, restart: 1, compaction: 3 } as const;

/** Is one instance of the service: a flag set behind a proxy of its own, so that it has a watch of its own. */
interface Instance {
  readonly flags: FlagSet;
  readonly values: readonly DynamicFlag<number>[];
  readonly proxy: TcpProxy;
}

class Soak {
  readonly #random: Random;
  readonly #cluster: Cluster;
  readonly #namespace: Namespace;
  readonly #instances: Instance[] = [];
  readonly #injected = new Map<string, number>();
  readonly #held = new Map<string, string>();
  #count = 0;
  #lost = 0;
  #slowest = 0;
  #torn = 0;

  constructor(random: Random, cluster: Cluster, namespace: Namespace) {
    this.#random = random;
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  async run(minutes: number): Promise<number> {
    await this.#put();
    for (let index = 0; index < INSTANCES; index++) this.#instances.push(await this.#start(index));
    const end = Date.now() + minutes * 60_000;
    await this.#calm();
    const before = heap();
    while (Date.now() < end) {
      await this.#storm(Math.min(3_000 + this.#random.below(6_000), Math.max(500, end - Date.now())));
      await this.#calm();
    }
    this.#report(before, heap());
    return this.#lost + this.#torn;
  }

  async close(): Promise<void> {
    for (const { flags, proxy } of this.#instances) {
      for (const watcher of flags.watchers) await watcher.stop();
      await proxy.close();
    }
  }

  async #start(index: number): Promise<Instance> {
    const proxy = await TcpProxy.start(this.#cluster);
    const server = `https://127.0.0.1:${proxy.port}`;
    const client = this.#cluster.clientCertificate('admin', 'system:masters');
    const kubeConfig = this.#cluster.writeKubeconfig(`soak-${index}`, { server, client });
    const flags = new FlagSet(`soak${index}`);
    const values = Array.from({ length: FLAGS }, (_, flag) =>
      flags.dynamic(`flag${flag}`, int, 0, 'One of many.').withValidator(inRange(0, 1_000_000_000)),
    );
    // Both are written together, always: a batch that mixes versions would show them apart.
    const [first, second] = [
      flags.dynamic('first', int, 0, 'As second.'),
      flags.dynamic('second', int, 0, 'As first.'),
    ];
    second.withNotifier((next) => {
      if (first.get() !== next) this.#torn++;
    });
    const { name: namespace } = this.#namespace;
    await flags.watch(configMapApiSource({ namespace, name: 'flags', kubeConfig, silenceTimeoutMs: 10_000 }), {
      backoff: { maxMs: 5_000 },
    });
    return { flags, values, proxy };
  }

  /** Writes all the while, and breaks something now and then. */
  async #storm(ms: number): Promise<void> {
    const end = Date.now() + ms;
    const writing = (async () => {
      // A write fails while the server is down: what the ConfigMap holds in the end is what counts.
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
    const key = (): string => `flag${this.#random.below(FLAGS)}`;
    count(this.#injected, `write: ${kind}`);
    if (kind === 'deletion') this.#held.delete(key());
    else if (kind === 'bad') this.#held.set(key(), `rubbish ${++this.#count}`);
    else if (kind === 'recreation') await this.#namespace.removeConfigMap('flags');
    else for (let left = kind === 'good' ? 1 : 5; left > 0; left--) this.#held.set(key(), String(++this.#count));
    await this.#put();
  }

  async #put(): Promise<void> {
    const both = String(++this.#count);
    const data = { ...Object.fromEntries(this.#held), first: both, second: both };
    await this.#namespace.putConfigMap('flags', { data });
  }

  async #break(): Promise<void> {
    const fault = this.#random.choose(FAULTS);
    count(this.#injected, `fault: ${fault}`);
    const { proxy } = this.#instances[this.#random.below(INSTANCES)] as Instance;
    const { server, etcd } = this.#cluster;
    if (fault === 'cut') return proxy.cut();
    if (fault === 'compaction') return etcd.compact();
    if (fault === 'kill' || fault === 'restart') {
      await (fault === 'kill' ? server.kill() : server.terminate());
      await sleep(this.#random.below(1_500));
      return server.start();
    }
    if (fault === 'delay') proxy.delayMs = this.#random.below(200);
    else if (fault === 'refusal') proxy.refuse();
    else if (fault === 'stall') proxy.stall();
    else proxy.openBlackHole();
    await sleep(this.#random.below(3_000));
    restore(proxy);
  }

  /** Ends all faults; then every instance must hold what the ConfigMap holds. */
  async #calm(): Promise<void> {
    for (const { proxy } of this.#instances) restore(proxy);
    const start = Date.now();
    let wrong: string[] = [];
    const agree = async (): Promise<boolean> => {
      const { data } = await this.#namespace.configMap('flags').catch(() => ({ data: {} }));
      const found = data as Readonly<Record<string, string>>;
      wrong = this.#instances.flatMap(({ flags, values }, index) => {
        const refused = new Set(flags.watchers[0]?.status.rejected.map(({ flag }) => flag));
        return values.flatMap((flag) => {
          const text = found[flag.name] ?? '0';
          const holds = text.startsWith('rubbish') ? refused.has(flag.name) : text === String(flag.get());
          return holds ? [] : [`instance ${index}, ${flag.name}: ConfigMap ${text}, flag ${flag.get()}`];
        });
      });
      return wrong.length === 0;
    };
    await eventually(agree, { withinMs: CONVERGES_WITHIN_MS, everyMs: 100 }).catch(() => {});
    this.#slowest = Math.max(this.#slowest, Date.now() - start);
    count(this.#injected, 'calm');
    this.#lost += wrong.length;
    for (const line of wrong) console.log(`LOST ${line}`);
  }

  #report(before: number, after: number): void {
    const restarts = this.#instances.flatMap(({ flags }) => flags.watchers.map(({ status }) => status.restarts));
    const rows: [string, string | number][] = [
      ...[...this.#injected].sort(([left], [right]) => left.localeCompare(right)),
      ['restarts of the sources', restarts.reduce((sum, times) => sum + times, 0)],
      ['connections', this.#instances.reduce((sum, { proxy }) => sum + proxy.connections, 0)],
      ['slowest convergence', `${this.#slowest} ms`],
      ['memory at start', `${(before / 1e6).toFixed(1)} MB`],
      ['memory at end', `${(after / 1e6).toFixed(1)} MB`],
      ['torn versions', this.#torn],
      ['lost', this.#lost],
    ];
    console.log('| what | count |\n| --- | ---: |');
    for (const [what, times] of rows) console.log(`| ${what} | ${times} |`);
  }
}

function restore(proxy: TcpProxy): void {
  proxy.delayMs = 0;
  proxy.accept();
  proxy.resume();
  proxy.closeBlackHole();
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    // What the repository's script passes on.
    source: { type: 'string', default: 'configmap-api' },
  },
});
console.log(`soak of ${values.source}: ${values.minutes} min, seed ${values.seed}`);
const cluster = await Cluster.start();
const soak = new Soak(new Random(Number(values.seed)), cluster, await new Namespace(cluster.api).create());
try {
  if ((await soak.run(Number(values.minutes))) > 0) process.exitCode = 1;
} finally {
  await soak.close();
  await cluster.close();
}
