import type { Socket } from 'node:net';
import { Etcd3, type IOptions } from 'etcd3';

/** Is what a client has inside, for each of its hosts: as etcd3 1.1.2 and grpc-js 1.14 have it. */
interface Inside {
  readonly pool?: { readonly hosts?: readonly Host[] };
}

interface Host {
  cachedServices: Record<string, { close(): void }>;
  readonly channelCredentials: {
    _createSecureConnector?(...args: readonly unknown[]): { connect(socket: Socket): Promise<unknown> };
  };
  resetAllServices(): void;
}

/**
 * Makes a client that leaves nothing behind when it is closed, at a server that accepts and is silent either.
 *
 * etcd3 would wait a second for the connection, https://github.com/microsoft/etcd3/blob/v1.1.2/src/connection-pool.ts#L154,
 * and grpc-js would keep the socket as long as the server does: with TLS, it would keep the process as well. To go when
 * grpc-js bounds how long it connects. Where either has changed inside, it is the client as it is.
 */
export function openClient(options: IOptions): { readonly client: Etcd3; readonly close: () => void } {
  const client = new Etcd3(options);
  const sockets = new Set<Socket>();
  /** Those in the middle of TLS. */
  const unsecured = new Set<Socket>();
  let closed = false;
  const keep = (socket: Socket, secured: Promise<unknown>): void => {
    if (closed) return void socket.destroy();
    for (const set of [sockets, unsecured]) {
      set.add(socket);
      socket.once('close', () => set.delete(socket));
    }
    secured.then(
      () => unsecured.delete(socket),
      () => {},
    );
  };
  for (const host of (client as unknown as Inside).pool?.hosts ?? []) {
    closeAtOnce(host);
    tellSockets(host, keep);
  }
  const close = (): void => {
    closed = true;
    client.close();
    // One that the server has answered on is gRPC's, which takes its leave.
    for (const socket of sockets) if (unsecured.has(socket) || socket.bytesRead === 0) socket.destroy();
  };
  return { client, close };
}

/** Closes the host's channels without a wait, in whatever state they are. */
function closeAtOnce(host: Host): void {
  host.resetAllServices = () => {
    for (const service of Object.values(host.cachedServices)) service.close();
    host.cachedServices = Object.create(null) as Host['cachedServices'];
  };
}

/** Tells each socket of a host once it is connected, and when it is secured. */
function tellSockets({ channelCredentials }: Host, tell: (socket: Socket, secured: Promise<unknown>) => void): void {
  const makeConnector = channelCredentials._createSecureConnector?.bind(channelCredentials);
  if (!makeConnector) return;
  channelCredentials._createSecureConnector = (...args) => {
    const connector = makeConnector(...args);
    const connect = connector.connect.bind(connector);
    connector.connect = (socket) => {
      const secured = connect(socket);
      tell(socket, secured);
      return secured;
    };
    return connector;
  };
}
