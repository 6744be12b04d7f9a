import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { Etcd3, type IOptions } from 'etcd3';

/** Is what a client has inside, for each of its hosts: as etcd3 1.1.2 and grpc-js 1.14 have it. */
interface Inside {
  readonly pool?: { readonly hosts?: readonly Host[] };
}

interface Host {
  cachedServices: Record<string, { close(): void }>;
  readonly channelCredentials: {
    _createSecureConnector?(...args: readonly unknown[]): Connector;
  };
  resetAllServices(): void;
}

interface Connector {
  /** Is awaited right before a socket is dialled. */
  waitForReady?(): Promise<void>;
  connect(socket: Socket): Promise<unknown>;
}

/** Where Node tells of each socket that net.connect() makes, before it dials. */
const DIALLED = 'net.client.socket';

/**
 * Makes a client that leaves nothing behind when it is closed, while it connects and at a silent server either.
 *
 * etcd3 would wait a second for the connection, https://github.com/microsoft/etcd3/blob/v1.1.2/src/connection-pool.ts#L154,
 * and grpc-js would keep the socket as long as the system or the server does, and with it the process. To go when grpc-js
 * bounds how long it connects. Where either has changed inside, it is the client as it is.
 */
export function openClient(options: IOptions): { readonly client: Etcd3; readonly close: () => void } {
  const client = new Etcd3(options);
  /** How much each had read when it came to the server, past any proxy. */
  const sockets = new Map<Socket, number>();
  /** Those that are being connected, or in the middle of TLS. */
  const underway = new Set<Socket>();
  let closed = false;
  const keep = (socket: Socket): void => {
    // Later, since a socket that is destroyed before its connect() would come to life by that.
    if (closed) process.nextTick(drop, socket);
    if (!sockets.has(socket)) {
      socket.once('close', () => {
        sockets.delete(socket);
        underway.delete(socket);
      });
    }
    sockets.set(socket, socket.bytesRead);
    underway.add(socket);
  };
  const secure = (socket: Socket, secured: Promise<unknown>): void => {
    keep(socket);
    secured.then(
      () => underway.delete(socket),
      () => {},
    );
  };
  for (const host of (client as unknown as Inside).pool?.hosts ?? []) {
    closeAtOnce(host);
    tellSockets(host, keep, secure);
  }
  const close = (): void => {
    closed = true;
    client.close();
    // One that the server has answered on is gRPC's, which takes its leave.
    for (const [socket, before] of sockets) if (underway.has(socket) || socket.bytesRead <= before) drop(socket);
  };
  return { client, close };
}

/** Ends a socket. Where it waits for a proxy, grpc-js is not told: it would print that. */
function drop(socket: Socket & { readonly _httpMessage?: ClientRequest | null }): void {
  socket._httpMessage?.removeAllListeners().on('error', () => {});
  socket.destroy();
}

/** Closes the host's channels without a wait, in whatever state they are. */
function closeAtOnce(host: Host): void {
  host.resetAllServices = () => {
    for (const service of Object.values(host.cachedServices)) service.close();
    host.cachedServices = Object.create(null) as Host['cachedServices'];
  };
}

/** Tells each socket of a host when it is dialled, and once it is connected, with when it is secured. */
function tellSockets(
  { channelCredentials }: Host,
  dialled: (socket: Socket) => void,
  connected: (socket: Socket, secured: Promise<unknown>) => void,
): void {
  const makeConnector = channelCredentials._createSecureConnector?.bind(channelCredentials);
  if (!makeConnector) return;
  channelCredentials._createSecureConnector = (...args) => {
    const connector = makeConnector(...args);
    const waitForReady = connector.waitForReady?.bind(connector);
    if (waitForReady) connector.waitForReady = () => tellDialled(waitForReady(), dialled);
    const connect = connector.connect.bind(connector);
    connector.connect = (socket) => {
      const secured = connect(socket);
      connected(socket, secured);
      return secured;
    };
    return connector;
  };
}

/**
 * Tells the socket that grpc-js dials once it is ready.
 *
 *     microtasks: … open ─ grpc-js goes on ─ shut … open ─ its next step ─ shut …
 *                              └ dials a proxy               └ dials the server
 *
 * Microtasks run in the order in which they were queued. So nobody else's come between, and no other socket is taken for
 * this one. https://github.com/grpc/grpc-node/blob/%40grpc/grpc-js%401.14.0/packages/grpc-js/src/transport.ts
 */
function tellDialled(ready: Promise<void>, tell: (socket: Socket) => void): Promise<void> {
  const listener = (message: unknown): void => tell((message as { readonly socket: Socket }).socket);
  const open = (): void => subscribe(DIALLED, listener);
  const shut = (): void => void unsubscribe(DIALLED, listener);
  const twice = (step: () => void): void =>
    queueMicrotask(() => {
      step();
      queueMicrotask(step);
    });
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      twice(open);
      resolve();
      twice(shut);
    };
    ready.then(goOn, reject);
  });
}
