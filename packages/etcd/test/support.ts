import {
  type FlagEvent,
  FlagSet,
  type RawValue,
  type WatchOptions,
  type Watcher,
  inRange,
  int,
  string,
} from '@flagz/core';
import { type EtcdSourceOptions, etcdSource } from '@flagz/etcd';
import type { It } from '@flagz/test-runner';
import { EtcdServer, type EtcdServerOptions, TcpProxy, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';

/** Declares a suite for each etcd, on a server that it shares. */
export function onEachEtcd(
  title: string,
  body: (it: It, server: () => EtcdServer) => void,
  options: EtcdServerOptions = {},
): void {
  for (const { binary, describe } of eachEtcd()) {
    let server: EtcdServer | undefined;
    describe(title, (it) => {
      it.before(async () => {
        server = await EtcdServer.start(binary, options);
      });
      it.after(() => server?.close());
      body(it, () => server as EtcdServer);
    });
  }
}

/** Counts the calls of one kind that a server has handled, failed ones too. */
export async function handled({ ports }: EtcdServer, method: 'Range' | 'Txn'): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`, { headers: { connection: 'close' } });
  const calls = new RegExp(`^grpc_server_handled_total.*"${method}"`);
  const lines = (await response.text()).split('\n').filter((line) => calls.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export interface StageOptions {
  /** What etcd holds under the prefix before the watch. */
  readonly values?: Readonly<Record<string, RawValue>>;
  /** Largest rate that is accepted. @default 1000 */
  readonly largest?: number;
  readonly source?: Partial<EtcdSourceOptions>;
  readonly watch?: WatchOptions;
}

let prefixes = 0;

/** Is a flag set on a prefix of its own, through a proxy of its own. */
export class Stage {
  readonly server: EtcdServer;
  readonly proxy: TcpProxy;
  readonly prefix: string;
  readonly options: StageOptions;
  readonly flags: FlagSet = new FlagSet('stage');
  readonly rate = this.flags.dynamic('rate', int, 10, 'A bounded integer.');
  readonly label = this.flags.dynamic('label', string, 'none', 'A text.');
  readonly low = this.flags.dynamic('low', int, 1, 'Not above high.');
  readonly high = this.flags.dynamic('high', int, 5, 'Not below low.');
  readonly events: FlagEvent[] = [];
  readonly told: string[] = [];
  watcher: Watcher | undefined;

  constructor(server: EtcdServer, proxy: TcpProxy, prefix: string, options: StageOptions) {
    this.server = server;
    this.proxy = proxy;
    this.prefix = prefix;
    this.options = options;
    this.rate.withValidator(inRange(1, options.largest ?? 1_000));
    this.rate.withNotifier((next, previous) => void this.told.push(`${previous}>${next}`));
    this.flags.invariant([this.low, this.high], (low, high) => low <= high || 'low above high');
    this.flags.subscribe((event) => this.events.push(event));
  }

  async watch(options: WatchOptions = {}): Promise<Watcher> {
    const source = etcdSource({
      hosts: this.proxy.url,
      prefix: this.prefix,
      rollbackDelayMs: 100,
      ...this.options.source,
    });
    const watching = this.flags.watch(source, { ...this.options.watch, ...options });
    this.watcher = this.flags.watchers.at(-1);
    this.watcher = await watching;
    return this.watcher;
  }

  get state(): string | undefined {
    return this.watcher?.state;
  }

  /** Outcomes of rollbacks, in order. */
  get rollbacks(): string[] {
    return this.events.flatMap((event) => (event.kind === 'rollback' ? [event.outcome] : []));
  }

  put(name: string, value: RawValue): Promise<void> {
    return this.server.put(this.prefix + name, value);
  }

  get(name: string): Promise<string | null> {
    return this.server.get(this.prefix + name);
  }

  /** Writes several keys in one transaction. */
  write(values: Readonly<Record<string, RawValue | undefined>>): Promise<void> {
    return this.server.write(
      Object.fromEntries(Object.entries(values).map(([name, value]) => [this.prefix + name, value])),
    );
  }

  /** Has other data in place of all that is there, while this stage is cut off. */
  async rewrite(write: () => Promise<void>): Promise<void> {
    this.proxy.cut();
    await eventually(() => this.state === 'stale');
    await this.server.kill();
    this.server.wipe();
    await this.server.run();
    await write();
    this.proxy.restore();
  }

  /** Adds a flag set that follows the same prefix, by the same way. */
  another(): Stage {
    return new Stage(this.server, this.proxy, this.prefix, this.options);
  }

  async close(): Promise<void> {
    await this.watcher?.stop().catch(() => {});
    await this.proxy.close();
  }
}

/** Runs a test on a stage of its own, which is watching unless `options.watch` is said to be nobody's yet. */
export async function onStage(
  server: EtcdServer,
  options: StageOptions,
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  const proxy = await TcpProxy.start(server.ports.client);
  const stage = new Stage(server, proxy, `/stage/${prefixes++}/`, options);
  try {
    if (options.values) await stage.write(options.values);
    await test(stage);
  } finally {
    await stage.close();
  }
}
