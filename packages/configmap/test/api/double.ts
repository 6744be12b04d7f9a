import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importClient } from './import-client.ts';
import { CertificateAuthority, type KubeconfigOptions, kubeconfigText } from '@flagz/testbed';

/** Answers one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Stands for an API server where a real one cannot be made to give an answer. It holds ConfigMap `shop/flags`. */
export class Double {
  /** Is what the ConfigMap holds. */
  data: Readonly<Record<string, string>> = {};
  /** Is the only token that it knows; without one, it asks nobody who they are. */
  token: string | undefined;
  /** Counts requests. */
  lists = 0;
  watches = 0;
  /** Answers the next requests of a kind, one each, instead of what a good server would answer. */
  readonly nextLists: Answer[] = [];
  readonly nextWatches: Answer[] = [];
  readonly #server: Server;
  readonly #folder = mkdtempSync(join(tmpdir(), 'flagz-double-'));
  readonly #authority: CertificateAuthority;

  private constructor(authority: CertificateAuthority) {
    this.#authority = authority;
    const { certificate: cert, key } = authority.issue({ commonName: 'double', hosts: ['127.0.0.1', 'kube.test'] });
    this.#server = createServer({ cert, key }, (request, response) => this.#answer(request, response));
  }

  static async start(): Promise<Double> {
    const double = new Double(new CertificateAuthority('authority of the double'));
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    await importClient();
    return double;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Writes a kubeconfig and gives its path. */
  kubeConfig(options: Partial<KubeconfigOptions> = {}): string {
    const path = join(this.#folder, 'kubeconfig');
    const server = `https://127.0.0.1:${this.port}`;
    writeFileSync(path, kubeconfigText({ server, ca: this.#authority.certificate, token: 'x', ...options }));
    return path;
  }

  /** Gives the ConfigMap as the API would. */
  object(data: Readonly<Record<string, string>> = this.data, revision = '7'): Readonly<Record<string, unknown>> {
    return {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'flags', namespace: 'shop', resourceVersion: revision },
      data,
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401).end(JSON.stringify({ kind: 'Status', message: 'Unauthorized' }));
      return;
    }
    const isWatch = request.url?.includes('watch=1') ?? false;
    if (isWatch) this.watches++;
    else this.lists++;
    const answer = (isWatch ? this.nextWatches : this.nextLists).shift() ?? (isWatch ? openWatch : this.#list);
    answer(response, request);
  }

  readonly #list: Answer = (response) => {
    const list = { kind: 'ConfigMapList', metadata: { resourceVersion: '7' }, items: [this.object()] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
  };
}

/** Is a good watch in which nothing happens. */
export function openWatch(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json').flushHeaders();
}
