import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs } from '@flagz/test-runner/end-with-us';
import { freePorts } from '@flagz/test-runner/free-port';
import { eventually } from '@flagz/testing';
import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdBinary } from './binaries.mjs';

/** Configures an {@link EtcdServer}. */
export interface EtcdServerOptions {
  /** More options of the command line. */
  readonly args?: readonly string[];
  /** Options of {@link EtcdServer.client}. */
  readonly client?: Partial<IOptions>;
  /** Whether clients have to come with TLS. @default false */
  readonly tls?: boolean;
}

/** Is a member's address. */
interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

async function findPorts(): Promise<Ports> {
  const [client = 0, peer = 0, metrics = 0] = await freePorts(3);
  return { client, peer, metrics };
}

/** Runs a real etcd, which can be killed, stopped, wiped and started again. */
export class EtcdServer {
  readonly ports: Ports;
  readonly url: string;
  readonly #binary: EtcdBinary;
  readonly #options: EtcdServerOptions;
  readonly #name: string;
  readonly #cluster: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'flagz-etcd-'));
  #client: Etcd3 | undefined;
  readonly #clients: Etcd3[] = [];
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(binary: EtcdBinary, options: EtcdServerOptions, ports: Ports, name: string, cluster: string) {
    this.#binary = binary;
    this.#options = options;
    this.ports = ports;
    this.#name = name;
    this.#cluster = cluster;
    this.url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${ports.client}`;
  }

  /** Starts one server, and waits until it answers. */
  static async start(binary: EtcdBinary, options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const server = await EtcdServer.prepare(binary, options);
    await server.run();
    return server;
  }

  /** Arranges for a server that does not run yet. */
  static async prepare(binary: EtcdBinary, options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const ports = await findPorts();
    return new EtcdServer(binary, options, ports, 'm0', `m0=http://127.0.0.1:${ports.peer}`);
  }

  /** @internal */
  static member(binary: EtcdBinary, ports: Ports, name: string, cluster: string, args: readonly string[]): EtcdServer {
    return new EtcdServer(binary, { args }, ports, name, cluster);
  }

  /** A client of its own connection, straight to the server. */
  get client(): Etcd3 {
    return (this.#client ??= this.connect());
  }

  /** Makes another client, through a proxy where its URL is given; it is closed with the server. */
  connect(url: string = this.url): Etcd3 {
    const client = new Etcd3({
      hosts: url,
      faultHandling: { host: () => noop, global: noop },
      grpcOptions: {
        'grpc.max_receive_message_length': -1,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 200,
      },
      defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + 20_000 }),
      ...this.#options.client,
    });
    this.#clients.push(client);
    return client;
  }

  /** Starts the process, on the data that are there, and waits until it answers. */
  async run(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Waits until it answers and knows a leader. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        if (this.#process === undefined || this.#process.exitCode !== null)
          throw new Error(`etcd has ended: ${this.#output.slice(-2_000)}`);
        const response = await fetch(`http://127.0.0.1:${this.ports.metrics}/health`, {
          headers: { connection: 'close' },
        });
        return (await response.text()).includes('"true"');
      },
      { withinMs: 20_000, everyMs: 50 },
    );
  }

  /** Starts the process without waiting for it. */
  spawn(): void {
    const { client, peer, metrics } = this.ports;
    const peerUrl = `http://127.0.0.1:${peer}`;
    const options = {
      name: this.#name,
      'data-dir': join(this.#folder, 'data'),
      'log-level': 'error',
      logger: 'zap',
      'listen-client-urls': this.url,
      'advertise-client-urls': this.url.replace(/\d+$/, String(client)),
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': this.#cluster,
      'listen-metrics-urls': `http://127.0.0.1:${metrics}`,
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(this.#binary.path, [...args, ...(this.#options.args ?? [])], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch },
    });
    this.#output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    endWithUs(child);
    this.#process = child;
  }

  /** Sends a signal: SIGSTOP and SIGCONT stall it. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it at once, as a power failure would. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Removes all data of a server that does not run. */
  wipe(): void {
    rmSync(join(this.#folder, 'data'), { recursive: true, force: true });
  }

  async put(key: string, value: string | Uint8Array): Promise<void> {
    await this.client.put(key).value(Buffer.from(value));
  }

  async delete(key: string): Promise<void> {
    await this.client.delete().key(key);
  }

  /** Writes several keys in one transaction; `undefined` deletes. */
  async write(values: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<void> {
    const success = Object.entries(values).map(([name, value]) => {
      const key = Buffer.from(name);
      return value === undefined
        ? { request_delete_range: { key } }
        : { request_put: { key, value: Buffer.from(value) } };
    });
    await this.client.kv.txn({ compare: [], success, failure: [] });
  }

  async get(key: string): Promise<string | null> {
    return this.client.get(key).string();
  }

  /** Compacts everything up to now. */
  async compact(): Promise<void> {
    const { header } = await this.client.kv.range({ key: Buffer.from('\0'), limit: 1 });
    await this.client.kv.compact({ revision: header.revision, physical: true });
  }

  /** Counts what was ever written: the revision. */
  async revision(): Promise<number> {
    const { header } = await this.client.kv.range({ key: Buffer.from('\0'), limit: 1 });
    return Number(header.revision);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a cluster; what members say to each other goes through `peerPort`, where one is given. */
export async function startCluster(
  binary: EtcdBinary,
  size: number,
  peerPort: (member: number, port: number) => Promise<number> = async (_, port) => port,
): Promise<EtcdServer[]> {
  const members: { readonly ports: Ports; readonly advertised: number }[] = [];
  for (let index = 0; index < size; index++) {
    const ports = await findPorts();
    members.push({ ports, advertised: await peerPort(index, ports.peer) });
  }
  const cluster = members.map(({ advertised }, index) => `m${index}=http://127.0.0.1:${advertised}`).join(',');
  const servers = members.map(({ ports, advertised }, index) =>
    EtcdServer.member(binary, ports, `m${index}`, cluster, [
      '--initial-advertise-peer-urls',
      `http://127.0.0.1:${advertised}`,
    ]),
  );
  for (const server of servers) server.spawn();
  await Promise.all(servers.map((server) => server.ready()));
  return servers;
}
