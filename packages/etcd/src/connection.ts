import { SourceError } from '@flagz/core';
import {
  type Etcd3,
  GRPCUnauthenticatedError,
  type IRangeRequest,
  type IRangeResponse,
  type IResponseHeader,
  type ITxnRequest,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';
import { bounded } from './bounded.ts';
import { type CallOptions, type Interceptor, type Transport, clientOptions } from './endpoint.ts';
import { openClient } from './open-client.ts';

/** Is the raw stream of watch requests and responses. */
export interface WatchCall {
  on(event: 'data', listener: (response: IWatchResponse) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  write(request: IWatchRequest): unknown;
  end(): unknown;
  cancel(): void;
}

/** Names one endpoint and how to log in there. */
export interface ConnectionOptions extends Transport {
  readonly host: string;
  readonly username: string | undefined;
  /** Gives the password; asked at each login. */
  readonly password: () => string;
}

/** How long a login may take, in milliseconds. */
const LOGIN_TIMEOUT_MS = 3_000;

type Call = ReturnType<Parameters<Interceptor>[1]>;

/** The number of gRPC's status; the package that names it is etcd3's. */
const CANCELLED: number = 1;

/**
 * Is one client, on one connection, with a login of its own.
 *
 * etcd3's own handling of time-outs, retries, tokens and watchers is out of the way: a call fails once, in bounded time,
 * and the watcher's backoff is the only one that tries again.
 */
export class Connection {
  /** Names the endpoint, in messages. */
  readonly host: string;
  /** Names the user, in messages. */
  readonly username: string | undefined;
  readonly #password: () => string;
  readonly #client: Etcd3;
  readonly #close: () => void;
  readonly #calls = new Set<Call>();
  /** What is asked and not answered yet, oldest first. */
  readonly #asked = new Set<{ readonly what: string; readonly since: number }>();
  #token: string | undefined;
  #login: Promise<void> | undefined;

  /** Makes a client for one endpoint. Nothing is sent before the first call. */
  constructor({ host, username, password, ...transport }: ConnectionOptions) {
    this.host = host;
    this.username = username;
    this.#password = password;
    const { client, close } = openClient(
      clientOptions(host, transport, (options, next) => this.#intercept(next(options)) as ReturnType<Interceptor>),
    );
    this.#client = client;
    this.#close = close;
  }

  /** Says what has been waited for longest, if anything is. */
  get waitsFor(): string | undefined {
    const [oldest] = this.#asked;
    return oldest && `no answer to ${oldest.what} within ${Date.now() - oldest.since} ms`;
  }

  async range(request: IRangeRequest, timeoutMs: number, signal: AbortSignal): Promise<IRangeResponse> {
    const response = await this.#call('a read', timeoutMs, signal, (options) =>
      this.#client.kv.range(request, options),
    );
    // Of a server that is no etcd, whatever the type says.
    if (!(response.header as IResponseHeader | null)) throw new SourceError(NO_HEADER);
    return response;
  }

  /** Tells whether the transaction's comparisons held. */
  async txn(request: ITxnRequest, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { succeeded } = await this.#call('a write', timeoutMs, signal, (options) =>
      this.#client.kv.txn(request, options),
    );
    return succeeded;
  }

  /** Opens a watch stream: after a call of this connection, since a stream cannot renew its login. */
  async watch(): Promise<WatchCall> {
    return await this.#client.watchClient.watch();
  }

  /** Ends all calls under way. */
  close(): void {
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that only etcd3 depends on
    for (const call of this.#calls) call.cancelWithStatus(CANCELLED, 'the source has stopped');
    this.#close();
  }

  async #call<T>(what: string, ms: number, signal: AbortSignal, run: (options: CallOptions) => Promise<T>): Promise<T> {
    const limited = (): Promise<T> => this.#ask(what, ms, signal, () => run({ deadline: Date.now() + ms }));
    if (this.username === undefined) return limited();
    const loggedIn = (): Promise<void> => this.#ask('the login', LOGIN_TIMEOUT_MS, signal, () => this.#logIn());
    if (this.#token === undefined) await loggedIn();
    const token = this.#token;
    try {
      return await limited();
    } catch (error) {
      if (!isTokenError(error)) throw error;
      if (this.#token === token) this.#token = undefined;
      await loggedIn();
      return limited();
    }
  }

  /** Waits a little longer than gRPC does: its own message says more, where it comes. */
  async #ask<T>(what: string, ms: number, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const asked = { what, since: Date.now() };
    this.#asked.add(asked);
    try {
      return await bounded(run(), ms + 100, signal, `no answer to ${what} within ${ms} ms`);
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** One login at a time: all calls that wait for a token get the same. */
  #logIn(): Promise<void> {
    if (this.#token !== undefined) return Promise.resolve();
    this.#login ??= this.#authenticate().finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  async #authenticate(): Promise<void> {
    const request = { name: this.username as string, password: this.#password() };
    try {
      const { token } = await this.#client.auth.authenticate(request, { deadline: Date.now() + LOGIN_TIMEOUT_MS });
      this.#token = token;
    } catch (error) {
      // A cluster where authentication is not switched on (yet) lets everybody in; etcd's own client does the same.
      if (!/authentication is not enabled/.test(String(error))) throw error;
      this.#token = '';
    }
  }

  /**
   * Puts our metadata on a call, and keeps the call so that it can be cancelled.
   *
   * The status is reworded because etcd3 answers an invalid token by sending the same call again, without end:
   * https://github.com/microsoft/etcd3/blob/v1.1.2/src/connection-pool.ts#L265. To go when that is bounded.
   */
  #intercept(call: Call): Call {
    this.#calls.add(call);
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      // A member that has lost its cluster then fails the call instead of being silent.
      metadata.set('hasleader', 'true');
      if (this.#token) metadata.set('token', this.#token);
      start(metadata, {
        ...listener,
        onReceiveStatus: (status) => {
          this.#calls.delete(call);
          const details = status.details.replace('etcdserver: invalid auth token', EXPIRED);
          listener?.onReceiveStatus?.({ ...status, details });
        },
      });
    };
    return call;
  }
}

/** Says that an answer does not tell of which revision it is. */
export const NO_HEADER = 'an answer without a header, as no etcd gives it; check the endpoint';

const EXPIRED = 'the login has expired';

/** Tells it by the text as well: a proxy loses the number of the status. */
function isTokenError(error: unknown): boolean {
  return (
    error instanceof GRPCUnauthenticatedError ||
    // Of a cluster where authentication was not switched on when we logged in.
    isUserMissing(error) ||
    /revision of auth store is old|the login has expired/.test(String(error))
  );
}

/** Tells whether a call came without a login where one is needed. */
export function isUserMissing(error: unknown): boolean {
  return /user name is empty/.test(String(error));
}
