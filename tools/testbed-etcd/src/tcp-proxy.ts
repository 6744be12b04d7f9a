import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Is one connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether bytes of it have vanished: it can only be reset. */
  lossy: boolean;
  /** Data that are delayed, oldest first. */
  readonly toServer: Buffer[];
  readonly toClient: Buffer[];
  /** When all that the server has sent is through, at the rate of the proxy. */
  busyUntil: number;
}

type Mode = 'open' | 'cut' | 'stalled' | 'black hole';

/** Stands between a client and a server, and breaks their connection in the ways a network does. */
export class TcpProxy {
  readonly #target: () => number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #mode: Mode = 'open';
  #delayMs = 0;
  #bytesPerSecond = Infinity;
  #accepted = 0;
  #refused: string | undefined;

  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));
  }

  /** Starts a proxy to a port, which is asked for at each connection. */
  static async start(target: number | (() => number)): Promise<TcpProxy> {
    const proxy = new TcpProxy(typeof target === 'number' ? () => target : target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Counts the connections right now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Counts the connections there have been. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Breaks all connections, and lets new ones through. */
  drop(): void {
    for (const pair of this.#pairs) destroy(pair);
  }

  /** Breaks all connections, and refuses new ones. */
  cut(): void {
    this.#mode = 'cut';
    this.drop();
  }

  /** Breaks all connections, and from now on each whose client sends a text, such as a name that it goes by. */
  refuse(text: string): void {
    this.#refused = text;
    this.drop();
  }

  /** Holds every byte back, also of new connections: nothing fails, nothing arrives. */
  stall(): void {
    this.#mode = 'stalled';
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Makes every byte vanish. Connections stay up; those that lost something are reset at the end of it. */
  blackHole(): void {
    this.#mode = 'black hole';
  }

  /** Ends whatever was wrong. */
  restore(): void {
    this.#mode = 'open';
    this.#delayMs = 0;
    this.#bytesPerSecond = Infinity;
    this.#refused = undefined;
    for (const pair of this.#pairs) {
      if (pair.lossy) destroy(pair);
      pair.client.resume();
      pair.server.resume();
    }
  }

  /** Delays each piece of data, in both directions. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Lets no more than so many bytes a second through to each client. */
  limit(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.drop();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.#accepted++;
    if (this.#mode === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#target(), '127.0.0.1');
    const lossy = this.#mode === 'black hole';
    const pair: Pair = { client, server, lossy, toServer: [], toClient: [], busyUntil: 0 };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay();
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      from.on('data', (data) => this.#pass(pair, to, data));
    }
    server.on('data', ({ length }) => this.#slowDown(pair, length));
    if (this.#mode === 'stalled') server.pause();
    else client.resume();
  }

  /** Makes a server wait that is ahead of the rate. */
  #slowDown(pair: Pair, bytes: number): void {
    const now = Date.now();
    pair.busyUntil = Math.max(now, pair.busyUntil) + (1_000 * bytes) / this.#bytesPerSecond;
    const ahead = pair.busyUntil - now;
    // Less than a timer can tell.
    if (ahead < 5) return;
    pair.server.pause();
    setTimeout(() => this.#mode !== 'stalled' && pair.server.resume(), ahead);
  }

  #pass(pair: Pair, to: Socket, data: Buffer): void {
    if (this.#mode === 'black hole') pair.lossy = true;
    if (pair.lossy) return;
    if (this.#refused !== undefined && to === pair.server && data.includes(this.#refused)) return destroy(pair);
    const waiting = to === pair.server ? pair.toServer : pair.toClient;
    // Never before what waits already, also when the delay has ended: TCP keeps the order.
    if (this.#delayMs === 0 && waiting.length === 0) {
      to.write(data);
      return;
    }
    waiting.push(data);
    setTimeout(() => to.write(waiting.shift() as Buffer), this.#delayMs);
  }
}

function destroy({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.destroy();
}
