import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { type EtcdBinary, EtcdServer, TcpProxy } from '@flagz/testbed-etcd';
import { Counts, type Row } from './counts.ts';
import { Instance } from './instance.ts';
import type { Random } from './random.ts';
import type { Script } from './script.ts';
import type { Stage } from './soak.ts';

const PREFIX = '/soak/';
const INSTANCES = 3;

/** Configures an {@link EtcdStage}. */
export interface EtcdStageOptions {
  /** Stands between the sources and their watchers: for tests that lose something. */
  readonly wrap?: (source: Source, index: number) => Source;
}

/** Is a real etcd, and instances that follow it, each through a proxy of its own. */
export class EtcdStage implements Stage {
  readonly instances: Instance[] = [];
  readonly writes: Stage['writes'] = { good: 60, transaction: 15, deletion: 10, bad: 1.5 };
  readonly faults: Stage['faults'] = { drop: 6, cut: 4, delay: 3, stall: 2, blackHole: 2, kill: 1.5, compaction: 4 };
  readonly #server: EtcdServer;
  readonly #proxies: TcpProxy[] = [];
  readonly #outcomes = new Counts();
  /** What each instance has given up rolling back. */
  readonly #givenUp = new Map<Instance, Set<string>>();

  private constructor(server: EtcdServer) {
    this.#server = server;
  }

  static async start(binary: EtcdBinary, { wrap = (source) => source }: EtcdStageOptions = {}): Promise<EtcdStage> {
    const stage = new EtcdStage(await EtcdServer.start(binary));
    try {
      for (let index = 0; index < INSTANCES; index++) await stage.#start(index, wrap);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  async #start(index: number, wrap: Required<EtcdStageOptions>['wrap']): Promise<void> {
    const proxy = await TcpProxy.start(this.#server.ports.client);
    this.#proxies.push(proxy);
    const instance = new Instance(`instance ${index}`);
    this.instances.push(instance);
    const givenUp = new Set<string>();
    this.#givenUp.set(instance, givenUp);
    instance.flags.subscribe((event) => {
      if (event.kind !== 'rollback') return;
      this.#outcomes.add(`rollback: ${event.outcome}`);
      if (event.outcome === 'flapping') givenUp.add(event.flag);
      if (event.outcome === 'reverted' || event.outcome === 'deleted') givenUp.delete(event.flag);
    });
    const options = { hosts: proxy.url, prefix: PREFIX, rollbackDelayMs: 200, reloadEveryMs: 60_000 };
    await instance.follow(wrap(etcdSource(options), index));
  }

  async write(kind: string, script: Script): Promise<void> {
    const flag = script.flag();
    if (kind === 'good') return this.#server.put(PREFIX + flag, script.good(flag));
    if (kind === 'deletion') return this.#server.delete(PREFIX + flag);
    if (kind === 'bad') return this.#server.put(PREFIX + flag, script.bad());
    const flags = Array.from({ length: 5 }, () => script.flag());
    return this.writeAll(new Map(flags.map((each) => [each, script.good(each)])));
  }

  async writeAll(values: ReadonlyMap<string, string>): Promise<void> {
    await this.#server.write(Object.fromEntries([...values].map(([flag, text]) => [PREFIX + flag, text])));
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    const found = await this.#server.client.getAll().prefix(PREFIX).strings();
    return new Map(Object.entries(found).map(([key, text]) => [key.slice(PREFIX.length), text]));
  }

  async break(fault: string, random: Random): Promise<void> {
    const proxy = this.#proxies[random.below(INSTANCES)] as TcpProxy;
    if (fault === 'drop') return proxy.drop();
    if (fault === 'compaction') return this.#server.compact().catch(() => {});
    if (fault === 'kill') {
      await this.#server.kill();
      await sleep(random.below(1_500));
      return this.#server.run();
    }
    if (fault === 'delay') proxy.delay(random.below(200));
    else if (fault === 'cut') proxy.cut();
    else if (fault === 'stall') proxy.stall();
    else proxy.blackHole();
    await sleep(random.below(1_500));
    proxy.restore();
  }

  restore(): void {
    for (const proxy of this.#proxies) proxy.restore();
  }

  leaves(instance: Instance, flag: string): boolean {
    return this.#givenUp.get(instance)?.has(flag) ?? false;
  }

  rows(): readonly Row[] {
    return this.#outcomes.rows();
  }

  problems(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
    for (const proxy of this.#proxies) await proxy.close();
    await this.#server.close();
  }
}
