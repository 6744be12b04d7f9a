import { noop } from 'cockatiel';
import type { Etcd3, IOptions } from 'etcd3';

/** Holds certificates for TLS, as PEM. */
export interface EtcdCredentials {
  /** Authorities that may vouch for the servers. @default the system's */
  readonly rootCertificate?: string | Uint8Array;
  /** Key of the client's certificate. */
  readonly privateKey?: string | Uint8Array;
  /** The client's certificate, with intermediate ones. */
  readonly certChain?: string | Uint8Array;
}

/** Says how to reach an endpoint, apart from its name and the login. */
export interface Transport {
  readonly credentials: EtcdCredentials | undefined;
  /** What the user's client asks of gRPC. */
  readonly grpcOptions?: IOptions['grpcOptions'];
  /** What the user's client asks of each call. */
  readonly callOptions?: IOptions['defaultCallOptions'];
}

type CallOptionsOf = Extract<NonNullable<IOptions['defaultCallOptions']>, (...args: never[]) => unknown>;
export type CallOptions = ReturnType<CallOptionsOf>;
export type Interceptor = NonNullable<CallOptions['interceptors']>[number];

let connections = 0;

/** Gives the options of a client whose calls fail once, in bounded time, on a connection of its own to one endpoint. */
export function clientOptions(host: string, transport: Transport, interceptor: Interceptor): IOptions {
  const { credentials, grpcOptions, callOptions } = transport;
  const tls = credentials ?? (host.startsWith('https://') ? {} : undefined);
  return {
    hosts: host,
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: {
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
      ...grpcOptions,
      'grpc.max_receive_message_length': -1,
      'grpc.enable_retries': 0,
      // Makes the connection one of its own: otherwise the next client gets this one's from a pool of the process,
      // also where it hangs half-open, or waits two minutes before it dials again.
      'flagz.connection': ++connections,
    },
    defaultCallOptions: (context) => {
      const asked = typeof callOptions === 'function' ? callOptions(context) : callOptions;
      // A time limit of the user's for every call would end the watch too.
      const { deadline: _, interceptors = [], interceptor_providers: providers, ...others } = asked ?? {};
      if (providers) return { ...others, interceptor_providers: [...providers, () => interceptor] };
      return { ...others, interceptors: [...interceptors, interceptor] };
    },
    ...(tls && { credentials: asBuffers(tls) }),
  };
}

/** Reads the options that a client was made with, where it is one of the package etcd3. */
export function optionsOf(client: Etcd3): IOptions | undefined {
  const { options } = client as unknown as { readonly options?: IOptions };
  return typeof options === 'object' ? options : undefined;
}

function asBuffers({ rootCertificate, privateKey, certChain }: EtcdCredentials): NonNullable<IOptions['credentials']> {
  return {
    // Typed as needed by etcd3, but handed on to grpc-js, where nothing stands for the system's authorities.
    rootCertificate: (rootCertificate === undefined ? undefined : Buffer.from(rootCertificate)) as Buffer,
    ...(privateKey === undefined ? {} : { privateKey: Buffer.from(privateKey) }),
    ...(certChain === undefined ? {} : { certChain: Buffer.from(certChain) }),
  };
}
