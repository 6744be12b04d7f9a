// Serves a flag set with the server of Bun or Deno, whichever runs this; ends with its input.
import { FlagSet, int } from '@flagz/core';
import { flagzFetchHandler } from '@flagz/debug-http';

type FetchHandler = (request: Request) => Promise<Response>;

/** Is what is used here of the two runtimes, whose own declarations contradict those of Node. */
interface Runtimes {
  readonly Bun?: {
    serve(options: { hostname: string; port: number; idleTimeout: number; fetch: FetchHandler }): {
      readonly port: number;
      stop(): Promise<void>;
    };
  };
  readonly Deno?: {
    serve(
      options: { hostname: string; port: number; onListen(address: { readonly port: number }): void },
      handler: FetchHandler,
    ): { shutdown(): Promise<void> };
  };
}

const flags = new FlagSet('checkout');
flags.dynamic('rate', int, 10, 'Rate.');
const closing = new AbortController();
const handler = flagzFetchHandler(flags, { writable: { authorize: () => 'ann' }, signal: closing.signal });
const { Bun, Deno } = globalThis as Runtimes;
const where = { hostname: '127.0.0.1', port: 0 };

let stop: (() => Promise<void>) | undefined;
if (Bun) {
  const server = Bun.serve({ ...where, idleTimeout: 60, fetch: handler });
  stop = () => server.stop();
  console.log(server.port);
} else if (Deno) {
  const server = Deno.serve({ ...where, onListen: ({ port }) => console.log(port) }, handler);
  stop = () => server.shutdown();
}

process.stdin.resume().once('end', () => {
  closing.abort();
  void stop?.();
});
