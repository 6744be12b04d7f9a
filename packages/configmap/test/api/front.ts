import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority, type Cluster } from '@flagz/testbed';

/** Is an address of the loopback that no certificate has by chance. */
export const FRONT_HOST = '127.0.0.2';
/** Makes whoever shows it the administrator. */
export const FRONT_TOKEN = 'administrator';

/** Says how a {@link Front} is to be reached. */
export interface FrontOptions {
  /** Are the names and addresses in its certificate. */
  readonly hosts: readonly string[];
  /** Is the path behind which the API server lies. */
  readonly path?: string;
}

/** Stands before the API server of a cluster, as those that companies and clouds put there: another certificate, another path. */
export class Front {
  /** Is what signed its certificate. */
  readonly ca: string;
  readonly #server: Server;
  readonly #cluster: Cluster;
  readonly #path: string;

  private constructor(cluster: Cluster, { hosts, path = '' }: FrontOptions) {
    const authority = new CertificateAuthority('authority of the front');
    const { certificate: cert, key } = authority.issue({ commonName: 'front', hosts });
    this.ca = authority.certificate;
    this.#cluster = cluster;
    this.#path = path;
    this.#server = createServer({ cert, key }, (asked, answer) => this.#forward(asked, answer));
  }

  static async start(cluster: Cluster, options: FrontOptions): Promise<Front> {
    const front = new Front(cluster, options);
    front.#server.listen(0, FRONT_HOST);
    await once(front.#server, 'listening');
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const { url = '', method = 'GET' } = asked;
    if (!url.startsWith(`${this.#path}/`)) {
      answer.writeHead(404).end();
      return;
    }
    const { authorization, ...headers } = asked.headers;
    const isAdministrator = authorization === `Bearer ${FRONT_TOKEN}`;
    const { certificate: cert, key } = this.#cluster.clientCertificate('front', 'system:masters');
    const onward = request({
      host: this.#cluster.host,
      port: this.#cluster.port,
      ca: this.#cluster.authority.certificate,
      method,
      path: url.slice(this.#path.length),
      headers: isAdministrator ? headers : { ...headers, authorization },
      agent: false,
      ...(isAdministrator && { cert, key }),
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      // A watch says nothing for a while.
      answer.flushHeaders();
      response.on('error', () => answer.destroy()).pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.on('error', () => onward.destroy()).pipe(onward);
  }
}
