import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Is a server on a free port of this machine. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
}

/** Serves a handler; disposing of it ends all connections. */
export function serve(listener: RequestListener): Promise<Served> {
  return listen(createServer(listener));
}

/** Has a server listen. */
export async function listen(server: Server): Promise<Served> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/debug/flagz`,
    server,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
