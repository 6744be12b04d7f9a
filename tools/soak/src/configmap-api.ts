import { setTimeout as sleep } from 'node:timers/promises';
import { int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { Cluster, Namespace, TcpProxy } from '@flagz/testbed';
import type { Row } from './counts.ts';
import { Instance } from './instance.ts';
import type { Random } from './random.ts';
import type { Script } from './script.ts';
import type { Stage } from './soak.ts';

const INSTANCES = 3;
const CONFIG_MAP = 'flags';

/** Is a ConfigMap on a real API server, and instances that follow it, each through a proxy, and so a watch, of its own. */
export class ConfigMapApiStage implements Stage {
  readonly instances: Instance[] = [];
  readonly writes: Stage['writes'] = { good: 60, several: 15, deletion: 10, bad: 2, recreation: 1 };
  readonly faults: Stage['faults'] = {
    cut: 8,
    delay: 3,
    refusal: 4,
    stall: 2,
    blackHole: 2,
    kill: 1,
    restart: 1,
    compaction: 3,
  };
  readonly #cluster: Cluster;
  readonly #namespace: Namespace;
  readonly #proxies: TcpProxy[] = [];
  readonly #held = new Map<string, string>();
  #versions = 0;
  #told = 0;
  #torn = 0;

  private constructor(cluster: Cluster, namespace: Namespace) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  static async start(): Promise<ConfigMapApiStage> {
    const cluster = await Cluster.start();
    const stage = new ConfigMapApiStage(cluster, new Namespace(cluster.api));
    try {
      await stage.#namespace.create();
      await stage.#put();
      for (let index = 0; index < INSTANCES; index++) await stage.#start(index);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  async #start(index: number): Promise<void> {
    const proxy = await TcpProxy.start(this.#cluster);
    this.#proxies.push(proxy);
    const server = `https://127.0.0.1:${proxy.port}`;
    const client = this.#cluster.clientCertificate('admin', 'system:masters');
    const kubeConfig = this.#cluster.writeKubeconfig(`soak-${index}`, { server, client });
    const instance = new Instance(`instance ${index}`);
    this.instances.push(instance);
    // Both are written together, always: a batch that mixes versions would show them apart.
    const [first, second] = ['first', 'second'].map((name) => instance.flags.dynamic(name, int, 0, 'As the other.'));
    const compare = (): void => {
      this.#told++;
      if (first?.get() !== second?.get()) this.#torn++;
    };
    first?.withNotifier(compare);
    second?.withNotifier(compare);
    const { name: namespace } = this.#namespace;
    const source = configMapApiSource({ namespace, name: CONFIG_MAP, kubeConfig, silenceTimeoutMs: 10_000 });
    await instance.follow(source, { backoff: { maxMs: 5_000 } });
  }

  async write(kind: string, script: Script): Promise<void> {
    const flag = script.flag();
    if (kind === 'deletion') this.#held.delete(flag);
    else if (kind === 'bad') this.#held.set(flag, script.bad());
    else if (kind === 'recreation') await this.#namespace.removeConfigMap(CONFIG_MAP);
    else {
      const flags = kind === 'good' ? [flag] : Array.from({ length: 5 }, () => script.flag());
      for (const each of flags) this.#held.set(each, script.good(each));
    }
    await this.#put();
  }

  async writeAll(values: ReadonlyMap<string, string>): Promise<void> {
    for (const [flag, text] of values) this.#held.set(flag, text);
    await this.#put();
  }

  async #put(): Promise<void> {
    const both = String(++this.#versions);
    const data = { ...Object.fromEntries(this.#held), first: both, second: both };
    await this.#namespace.putConfigMap(CONFIG_MAP, { data });
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    const path = `/api/v1/namespaces/${this.#namespace.name}/configmaps/${CONFIG_MAP}`;
    const { status, body } = await this.#cluster.api.ask<{ data?: Readonly<Record<string, string>> }>('GET', path);
    // It is gone where the server was killed between its deletion and its creation.
    if (status === 404) return new Map();
    if (status !== 200) throw new Error(`GET ${path}: ${status}`);
    return new Map(Object.entries(body.data ?? {}));
  }

  async break(fault: string, random: Random): Promise<void> {
    const proxy = this.#proxies[random.below(INSTANCES)] as TcpProxy;
    const { server, etcd } = this.#cluster;
    if (fault === 'cut') return proxy.cut();
    if (fault === 'compaction') return etcd.compact();
    if (fault === 'kill' || fault === 'restart') {
      await (fault === 'kill' ? server.kill() : server.terminate());
      await sleep(random.below(1_500));
      return server.start();
    }
    if (fault === 'delay') proxy.delayMs = random.below(200);
    else if (fault === 'refusal') proxy.refuse();
    else if (fault === 'stall') proxy.stall();
    else proxy.openBlackHole();
    await sleep(random.below(3_000));
    restore(proxy);
  }

  restore(): void {
    for (const proxy of this.#proxies) restore(proxy);
  }

  /** This source only reads: what it refuses stays where it is. */
  leaves(): boolean {
    return true;
  }

  rows(): readonly Row[] {
    return [
      ['connections', this.#proxies.reduce((sum, { connections }) => sum + connections, 0)],
      ['versions looked at', this.#told],
      ['torn versions', this.#torn],
    ];
  }

  problems(): readonly string[] {
    return [
      ...(this.#torn > 0 ? [`${this.#torn} times a batch mixed two versions`] : []),
      ...(this.#told === 0 ? ['no version was looked at'] : []),
    ];
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
    for (const proxy of this.#proxies) await proxy.close();
    await this.#cluster.close();
  }
}

function restore(proxy: TcpProxy): void {
  proxy.delayMs = 0;
  proxy.accept();
  proxy.resume();
  proxy.closeBlackHole();
}
