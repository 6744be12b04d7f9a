import { noop } from 'cockatiel';
import {
  Etcd3,
  GRPCUnauthenticatedError,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type ITxnRequest,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';
import { SourceError } from '@flagz/core';

/** Holds certificates for TLS, as PEM. */
export interface EtcdCredentials {
  /** Authorities that may vouch for the servers. @default the system's */
  readonly rootCertificate?: string | Uint8Array;
  /** Key of the client's certificate. */
  readonly privateKey?: string | Uint8Array;
  /** The client's certificate, with intermediate ones. */
  readonly certChain?: string | Uint8Array;
}

/** Holds a user and a password. */
export interface EtcdAuth {
  readonly username: string;
  /** The password, or what gives the current one: asked at each login. */
  readonly password: string | (() => string);
}

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
export interface ConnectionOptions {
  readonly host: string;
  readonly credentials: EtcdCredentials | undefined;
  readonly auth: EtcdAuth | undefined;
}

/** How long a login may take, in milliseconds. */
const LOGIN_TIMEOUT_MS = 3_000;

type CallOptions = Exclude<NonNullable<IOptions['defaultCallOptions']>, (...args: never[]) => unknown>;
type Interceptor = NonNullable<CallOptions['interceptors']>[number];
type Call = ReturnType<Parameters<Interceptor>[1]>;

/** The number of gRPC's status; the package that names it is etcd3's. */
const CANCELLED: number = 1;

let connections = 0;

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
  readonly #client: Etcd3;
  readonly #auth: EtcdAuth | undefined;
  readonly #owned: boolean;
  readonly #calls = new Set<Call>();
  #token: string | undefined;
  #login: Promise<void> | undefined;

  private constructor(host: string, auth: EtcdAuth | undefined, client: Etcd3 | ((interceptor: Interceptor) => Etcd3)) {
    this.host = host;
    this.username = auth?.username;
    this.#auth = auth;
    this.#owned = typeof client === 'function';
    this.#client =
      typeof client === 'function'
        ? client((options, next) => this.#intercept(next(options)) as ReturnType<Interceptor>)
        : client;
  }

  /** Borrows a client of the user's: it is never closed. */
  static of(client: Etcd3): Connection {
    return new Connection('the given client', undefined, client);
  }

  /** Makes a client for one endpoint. Nothing is sent before the first call. */
  static open({ host, credentials, auth }: ConnectionOptions): Connection {
    return new Connection(host, auth, (interceptor) => {
      const options: IOptions = {
        hosts: host,
        faultHandling: { host: () => noop, global: noop },
        grpcOptions: {
          'grpc.max_receive_message_length': -1,
          'grpc.keepalive_time_ms': 10_000,
          'grpc.keepalive_timeout_ms': 5_000,
          'grpc.keepalive_permit_without_calls': 1,
          'grpc.enable_retries': 0,
          // Makes the connection one of its own: otherwise the next client gets this one's from a pool of the process,
          // also where it hangs half-open, or waits two minutes before it dials again.
          'flagz.connection': ++connections,
        },
        defaultCallOptions: { interceptors: [interceptor] },
      };
      const tls = credentials ?? (host.startsWith('https://') ? {} : undefined);
      return new Etcd3(tls ? { ...options, credentials: asBuffers(tls) } : options);
    });
  }

  range(request: IRangeRequest, timeoutMs: number, signal: AbortSignal): Promise<IRangeResponse> {
    return this.#call('read', timeoutMs, signal, (options) => this.#client.kv.range(request, options));
  }

  /** Tells whether the transaction's comparisons held. */
  async txn(request: ITxnRequest, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { succeeded } = await this.#call('write', timeoutMs, signal, (options) =>
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
    if (!this.#owned) return;
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that only etcd3 depends on
    for (const call of this.#calls) call.cancelWithStatus(CANCELLED, 'the source has stopped');
    this.#client.close();
  }

  async #call<T>(what: string, ms: number, signal: AbortSignal, run: (options: CallOptions) => Promise<T>): Promise<T> {
    const limited = (): Promise<T> => {
      const answer = run({ deadline: Date.now() + ms });
      return bounded(answer, ms + 100, signal, `no answer to a ${what} within ${ms} ms`);
    };
    if (!this.#auth) return limited();
    if (this.#token === undefined)
      await bounded(this.#logIn(), LOGIN_TIMEOUT_MS + 100, signal, 'no answer to the login');
    const token = this.#token;
    try {
      return await limited();
    } catch (error) {
      if (!isTokenError(error)) throw error;
      if (this.#token === token) this.#token = undefined;
      await bounded(this.#logIn(), LOGIN_TIMEOUT_MS + 100, signal, 'no answer to the login');
      return limited();
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
    const { username, password } = this.#auth as EtcdAuth;
    const request = { name: username, password: typeof password === 'string' ? password : password() };
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

const EXPIRED = 'the login has expired';

function isTokenError(error: unknown): boolean {
  return error instanceof GRPCUnauthenticatedError || /revision of auth store is old/.test(String(error));
}

function asBuffers({ rootCertificate, privateKey, certChain }: EtcdCredentials): NonNullable<IOptions['credentials']> {
  return {
    // Typed as needed by etcd3, but handed on to grpc-js, where nothing stands for the system's authorities.
    rootCertificate: (rootCertificate === undefined ? undefined : Buffer.from(rootCertificate)) as Buffer,
    ...(privateKey === undefined ? {} : { privateKey: Buffer.from(privateKey) }),
    ...(certChain === undefined ? {} : { certChain: Buffer.from(certChain) }),
  };
}

/** Waits for a promise as long as the clock and the signal allow; what comes later is dropped. */
export function bounded<T>(promise: Promise<T>, ms: number, signal: AbortSignal, late: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new SourceError(late))), ms);
    const onAbort = (): void => settle(() => reject(new SourceError('stopped')));
    const settle = (tell: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      tell();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error instanceof Error ? error : new SourceError(String(error)))),
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
