import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';

/** Is what an API server answered. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly body: T;
}

/** Is an object of the API, as far as tests look into it. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
  };
  readonly [field: string]: unknown;
}

/** Says where a client connects to and as whom. */
export interface ApiClientOptions {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly servername?: string;
  /** Whether the server's certificate has to be good. @default true */
  readonly rejectUnauthorized?: boolean;
  /** Is what the path of each request begins with, where the server lies behind one. */
  readonly path?: string;
}

/** Talks to an API server as the tests' operator. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #options: RequestOptions;
  readonly #prefix: string;

  constructor({ token, host, port, path = '', ...tls }: ApiClientOptions) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ...tls });
    this.#prefix = path;
    this.#options = { host, port, agent: this.#agent, headers: token ? { authorization: `Bearer ${token}` } : {} };
  }

  /** Sends a request and gives the answer, whatever its status. @throws {Error} when there is none. */
  ask<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ApiAnswer<T>> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      ...(this.#options.headers as object),
      ...(text === undefined ? {} : { 'content-type': contentType }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        { ...this.#options, method, path: this.#prefix + path, headers, timeout: 10_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => void chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(chunks).toString();
            const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
            resolve({ status: response.statusCode ?? 0, body: (isJson ? JSON.parse(answer) : answer) as T });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** Sends a request. @throws {Error} when the answer is no success. */
  async send<T = ApiObject>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> {
    const answer = await this.ask<T>(method, path, body, contentType);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /**
   * Watches as plainly as it can be done: tells of the object of each event once its line has been parsed.
   *
   * @returns what ends it, when the first event, of an object that is there already, has arrived
   */
  async watch(path: string, told: (object: ApiObject) => void): Promise<{ close(): void }> {
    const sent = request({ ...this.#options, path: this.#prefix + path });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode}`);
    response.setEncoding('utf8').on('error', () => {});
    let rest = '';
    response.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) told((JSON.parse(line) as { readonly object: ApiObject }).object);
    });
    await once(response, 'data');
    return { close: () => sent.destroy() };
  }

  /** Lets go of its connections. */
  close(): void {
    this.#agent.destroy();
  }
}
