import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';

/** Says where a {@link TcpProxy} forwards to. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** Is one connection that passes through. */
interface Passage {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether bytes of it were swallowed: it makes no sense any more. */
  broken: boolean;
}

/** Forwards TCP connections and fails on request: it cuts, refuses, delays, stalls and swallows. */
export class TcpProxy {
  /** How long each chunk waits on its way, in milliseconds. */
  delayMs = 0;
  /** Counts the connections since the start. */
  connections = 0;
  readonly #target: ProxyTarget;
  readonly #listener: Server;
  readonly #passages = new Set<Passage>();
  #refusing = false;
  #stalled = false;
  #blackHole = false;

  private constructor(target: ProxyTarget) {
    this.#target = target;
    this.#listener = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));
  }

  /** Starts a proxy on a free port of the loopback. */
  static async start(target: ProxyTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  /** Counts the connections that are open now. */
  get open(): number {
    return this.#passages.size;
  }

  /** Resets all connections. */
  cut(): void {
    for (const passage of this.#passages) this.#end(passage);
  }

  /** Resets all connections, and each new one, until {@link TcpProxy.accept}. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  /** Ends {@link TcpProxy.refuse}. */
  accept(): void {
    this.#refusing = false;
  }

  /** Holds all bytes back, of new connections too, until {@link TcpProxy.resume} delivers them. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#passages) {
      client.pause();
      server.pause();
    }
  }

  /** Ends {@link TcpProxy.stall}. */
  resume(): void {
    this.#stalled = false;
    for (const { client, server } of this.#passages) {
      client.resume();
      server.resume();
    }
  }

  /** Swallows all bytes; a connection that lost some never works again, not even when the hole is closed. */
  openBlackHole(): void {
    this.#blackHole = true;
  }

  /** Lets new connections through. */
  closeBlackHole(): void {
    this.#blackHole = false;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    this.connections++;
    client.on('error', () => {});
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, noDelay: true });
    client.setNoDelay(true);
    const passage: Passage = { client, server, broken: false };
    this.#passages.add(passage);
    this.#forward(passage, client, server);
    this.#forward(passage, server, client);
    if (this.#stalled) server.pause();
    else client.resume();
  }

  #forward(passage: Passage, from: Socket, to: Socket): void {
    // Nothing passes what waits already, also when the delay has ended: TCP keeps the order.
    const waiting: (() => void)[] = [];
    const later = (work: () => void): void => {
      if (this.delayMs === 0 && waiting.length === 0) {
        work();
        return;
      }
      waiting.push(work);
      setTimeout(() => waiting.shift()?.(), this.delayMs);
    };
    from.on('data', (chunk) => {
      if (this.#blackHole) passage.broken = true;
      if (passage.broken) return;
      later(() => {
        if (to.writable && !to.write(chunk)) from.pause();
      });
    });
    to.on('drain', () => {
      if (!this.#stalled) from.resume();
    });
    from.on('end', () => {
      if (!passage.broken) later(() => to.end());
    });
    from.on('error', () => this.#end(passage));
    from.on('close', () => {
      this.#passages.delete(passage);
      if (!this.#blackHole && !passage.broken) later(() => to.destroy());
    });
  }

  #end(passage: Passage): void {
    this.#passages.delete(passage);
    for (const socket of [passage.client, passage.server]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}
