import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { answerRequest } from './answer-request.ts';
import { debugPage } from './debug-page.ts';
import type { EventsLog } from './events-log.ts';
import { host, maxConnections, port, rateLimitingConfig, requestTimeout } from './flags.ts';
import { RateLimiter } from './rate-limiter.ts';

/** How long requests under way get when the server closes, in milliseconds. */
const GRACE_MS = 3_000;

/** Is a server that listens. */
export interface RunningServer {
  readonly url: string;
  /** Stops listening, closes idle connections, lets requests under way end for up to 3 s. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts to listen on the flags `host` and `port`, and follows the flags that tune a server.
 *
 * @throws {Error} when it cannot listen there; the message says where.
 */
export async function startServer(log: EventsLog): Promise<RunningServer> {
  const limiter = new RateLimiter(rateLimitingConfig.get().default_rate);
  const closing = new AbortController();
  const debug = debugPage(log, closing.signal);
  // The interval bounds how much later than request_timeout a slow client is noticed.
  const server = createServer({ connectionsCheckingInterval: 100 }, (request, response) => {
    // Kept alive, a connection whose request was under way at the close would wait for another one.
    if (!server.listening) response.shouldKeepAlive = false;
    answerRequest(request, response, { limiter, log, debug });
  });
  const tuning = tune(server, limiter);
  try {
    await once(server.listen(port.get(), host.get()), 'listening');
  } catch (error) {
    tuning.abort();
    closing.abort();
    throw cannotListen(error as NodeJS.ErrnoException);
  }
  return {
    url: urlOf(server.address() as AddressInfo),
    async [Symbol.asyncDispose]() {
      tuning.abort();
      // Else the server would wait for pages that follow changes.
      closing.abort();
      await close(server);
    },
  };
}

/** Keeps the server as the flags say, until the result aborts. */
function tune(server: Server, limiter: RateLimiter): AbortController {
  const limitRequestTime = (ms: number): void => {
    // Node takes whole milliseconds only.
    server.requestTimeout = server.headersTimeout = Math.ceil(ms);
  };
  const limitConnections = (count: bigint): void => {
    server.maxConnections = Number(count);
  };
  limitRequestTime(requestTimeout.get());
  limitConnections(maxConnections.get());
  const tuning = new AbortController();
  requestTimeout.withNotifier(limitRequestTime, tuning);
  maxConnections.withNotifier(limitConnections, tuning);
  rateLimitingConfig.withNotifier((next) => limiter.retune(next.default_rate), tuning);
  return tuning;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(late);
}

function urlOf({ address, port: actualPort }: AddressInfo): string {
  return `http://${inUrl(address)}:${actualPort}`;
}

function cannotListen(error: NodeJS.ErrnoException): Error {
  const taken = error.code === 'EADDRINUSE';
  const reason = taken ? 'the port is in use; free it, or choose another with --port' : error.message;
  return new Error(`cannot listen on ${inUrl(host.get())}:${port.get()}: ${reason}`, { cause: error });
}

function inUrl(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
