import { type DynamicFlag, type FlagEvent, FlagSet, type WatchOptions, type Watcher, int, string } from '@flagz/core';
import { configMapApiSource, type ConfigMapApiOptions } from '@flagz/configmap/api';
import { importClient } from './import-client.ts';
import { type Cluster, Namespace, TcpProxy } from '@flagz/testbed';

/** Is a service of one test: a namespace, a service account, a proxy on its way to the API server, a flag set. */
export class Shop {
  readonly cluster: Cluster;
  readonly namespace: Namespace;
  readonly proxy: TcpProxy;
  readonly kubeConfig: string;
  readonly flags: FlagSet = new FlagSet('shop');
  readonly rate: DynamicFlag<number> = this.flags.dynamic('rate', int, 10, 'A rate.');
  readonly label: DynamicFlag<string> = this.flags.dynamic('label', string, 'none', 'A text.');
  readonly events: FlagEvent[] = [];
  readonly told: string[] = [];
  /** More flag sets whose watchers are stopped in the end. */
  readonly others: FlagSet[] = [];
  watcher: Watcher | undefined;

  private constructor(cluster: Cluster, namespace: Namespace, proxy: TcpProxy, kubeConfig: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.proxy = proxy;
    this.kubeConfig = kubeConfig;
    this.flags.subscribe((event) => void this.events.push(event));
    this.rate.withNotifier((next, previous) => void this.told.push(`${previous}>${next}`));
  }

  /** Opens a shop whose service account may do what `verbs` say on ConfigMap `flags`. */
  static async open(cluster: Cluster, verbs: readonly string[] = ['get', 'list', 'watch']): Promise<Shop> {
    await importClient();
    const namespace = await new Namespace(cluster.api).create();
    try {
      await namespace.createServiceAccount('shop');
      if (verbs.length > 0) await namespace.grant('shop', { verbs, resourceNames: ['flags'] });
      const token = await namespace.token('shop');
      const proxy = await TcpProxy.start(cluster);
      const server = `https://127.0.0.1:${proxy.port}`;
      return new Shop(cluster, namespace, proxy, cluster.writeKubeconfig(namespace.name, { server, token }));
    } catch (error) {
      await namespace.remove();
      throw error;
    }
  }

  /** Runs a test in a shop of its own, and cleans up whatever happens. */
  static test(test: (shop: Shop) => Promise<void>, verbs?: readonly string[]): (cluster: Cluster) => Promise<void> {
    return async (cluster) => {
      const shop = await Shop.open(cluster, verbs);
      try {
        await test(shop);
      } finally {
        await shop.close();
      }
    };
  }

  source(options: Partial<ConfigMapApiOptions> = {}): ReturnType<typeof configMapApiSource> {
    return configMapApiSource({
      namespace: this.namespace.name,
      name: 'flags',
      kubeConfig: this.kubeConfig,
      ...options,
    });
  }

  async watch(options: Partial<ConfigMapApiOptions> & { readonly watch?: WatchOptions } = {}): Promise<Watcher> {
    const { watch, ...source } = options;
    this.watcher = await this.flags.watch(this.source(source), { backoff: { maxMs: 500 }, ...watch });
    return this.watcher;
  }

  /** Writes the whole ConfigMap. */
  put(data: Readonly<Record<string, string>>): Promise<unknown> {
    return this.namespace.putConfigMap('flags', { data });
  }

  get state(): string | undefined {
    return this.watcher?.state;
  }

  get lastError(): string {
    return this.watcher?.status.lastError?.message ?? '';
  }

  async close(): Promise<void> {
    const watchers = [this.flags, ...this.others].flatMap((flags) => flags.watchers);
    await Promise.all(watchers.map((watcher) => watcher.stop().catch(() => {})));
    await this.proxy.close();
    await this.namespace.remove().catch(() => {});
  }
}
