import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Socket, connect, isIPv6 } from 'node:net';

/** Is an HTTP proxy that does `CONNECT`. */
export interface ConnectProxy {
  readonly host: string;
  /** Says what was asked for, and with which password. */
  readonly seen: readonly string[];
  /** Counts the tunnels that are open. */
  open(): number;
  close(): Promise<void>;
}

/** Starts a proxy that takes every name for a port of this machine. */
export async function connectProxy(target: number, { status = 200, host = '127.0.0.1' } = {}): Promise<ConnectProxy> {
  const seen: string[] = [];
  const tunnels = new Set<Socket>();
  const server = createServer();
  server.on('connect', (request, client: Socket) => {
    seen.push([request.url, request.headers['proxy-authorization']].join(' ').trim());
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const upstream = connect(target, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.pipe(client).pipe(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    upstream.on('close', () => client.destroy());
    tunnels.add(client);
    client.on('close', () => {
      tunnels.delete(client);
      upstream.destroy();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    for (const tunnel of tunnels) tunnel.destroy();
    server.close();
    await once(server, 'close');
  };
  return { host: `${isIPv6(host) ? `[${host}]` : host}:${port}`, seen, open: () => tunnels.size, close };
}
