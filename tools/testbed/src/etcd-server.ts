import { freePorts } from '@flagz/test-runner/free-port';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from './binaries.mjs';
import { ServerProcess } from './server-process.ts';

/** Runs an etcd on a folder of its own. */
export class EtcdServer {
  readonly url: string;
  readonly process: ServerProcess;
  readonly #data: string;

  private constructor(url: string, data: string, process: ServerProcess) {
    this.url = url;
    this.#data = data;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param durable whether each write waits for the disk, as that of any cluster does: tests need no data after a crash.
   * @throws {Error} when the binary is missing or the server does not start.
   */
  static async start(folder: string, durable: boolean): Promise<EtcdServer> {
    const path = findBinary('etcd');
    if (!path) throw new Error('etcd is missing: run `npm test`, which builds it');
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const url = `http://127.0.0.1:${clientPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const data = join(folder, 'etcd');
    const args = [
      `--data-dir=${data}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--log-level=error',
      ...(durable ? [] : ['--unsafe-no-fsync']),
    ];
    const ready = async (): Promise<void> => {
      const response = await fetch(`${url}/health`);
      if (!response.ok) throw new Error(await response.text());
    };
    const server = new EtcdServer(url, data, new ServerProcess({ path, args, ready, withinMs: 20_000 }));
    await server.process.start();
    return server;
  }

  /** Copies the data aside; the server is down for the moment that takes. */
  async snapshot(): Promise<string> {
    const copy = `${this.#data}-snapshot`;
    await this.process.terminate();
    cpSync(this.#data, copy, { recursive: true });
    await this.process.start();
    return copy;
  }

  /** Puts a snapshot in place of the data, so that revisions go back. */
  async restore(snapshot: string): Promise<void> {
    await this.process.kill();
    rmSync(this.#data, { recursive: true });
    cpSync(snapshot, this.#data, { recursive: true });
    await this.process.start();
  }

  /** Forgets all revisions before the current one. */
  async compact(): Promise<void> {
    const { header } = (await this.#post('kv/range', { key: 'AA==' })) as { header: { revision: string } };
    await this.#post('kv/compaction', { revision: header.revision, physical: true });
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${path}: ${await response.text()}`);
    return response.json();
  }
}
