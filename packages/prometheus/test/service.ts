import { once } from 'node:events';
import { createServer } from 'node:http';
import { type DynamicFlag, FlagSet, type Watcher, inRange, int } from '@flagz/core';
import { memorySource } from '@flagz/testing';
import { type MetricRegistry, collectFlagz } from '@flagz/prometheus';

/** Is one instance of a small service that a Prometheus can scrape. */
export interface Service extends AsyncDisposable {
  readonly target: string;
  readonly flags: FlagSet;
  readonly rate: DynamicFlag<number>;
  readonly store: ReturnType<typeof memorySource>;
  readonly watcher: Watcher;
}

/** Is a registry that can be scraped, of whichever library. */
interface ScrapedRegistry extends MetricRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Starts one instance; all begin with the same dynamic values, and differ in a static one as real instances do. */
export async function startService(register: ScrapedRegistry): Promise<Service> {
  const flags = new FlagSet('checkout');
  const rate = flags.dynamic('rate', int, 10, 'Requests per second.').withValidator(inRange(1, 100));
  const stop = collectFlagz(flags, { register });
  const store = memorySource({ rate: '20' }, { name: 'store' });
  const watcher = await flags.watch(store, { staleAfterMs: 60_000, backoff: { maxMs: 50 } });
  const server = createServer((_, response) => {
    void register.metrics().then((text) => response.setHeader('content-type', register.contentType).end(text));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  flags.static('port', int, port, 'Where it listens.');
  return {
    target: `127.0.0.1:${port}`,
    flags,
    rate,
    store,
    watcher,
    async [Symbol.asyncDispose]() {
      stop();
      await watcher.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}
