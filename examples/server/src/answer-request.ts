import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Snapshot } from '@flagz/core';
import type { FlagzHandler } from '@flagz/debug-http';
import type { EventsLog } from './events-log.ts';
import { allowedOrigins, flags, rateLimitingConfig } from './flags.ts';
import { answerMetrics } from './metrics.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type Reply, failed, routes } from './routes.ts';

/** Is what answering needs. */
export interface Parts {
  readonly limiter: RateLimiter;
  readonly log: EventsLog;
  /** Answers `/debug/flagz`. */
  readonly debug: FlagzHandler;
}

/** Answers one request with one picture of all flags; what goes wrong is an answer of 500 and a line in the log. */
export function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { limiter, log, debug }: Parts,
): void {
  const started = performance.now();
  const { method = '' } = request;
  const url = urlOf(request);
  const path = url?.pathname ?? '';
  response.on('finish', () => {
    const ms = Math.round(performance.now() - started);
    log.request({ method, path, status: response.statusCode, ms });
  });
  // No CORS for these two: what they show is for operators.
  if (path === '/debug/flagz') return debug(request, response);
  if (path === '/metrics' && isRead(method)) return answerMetrics(request, response);
  const values = flags.snapshot();
  allowOrigin(request, response, values);
  try {
    send(response, url ? reply(method, url, values, limiter) : failed(400, 'the request has no valid path'));
  } catch (error) {
    log.failure(path, error);
    send(response, failed(500, 'the service failed; its log says why'));
  }
}

function reply(method: string, url: URL, values: Snapshot, limiter: RateLimiter): Reply {
  const route = routes.get(url.pathname);
  if (!route && url.pathname !== '/metrics') return failed(404, `nothing is at ${url.pathname}`);
  if (!route || !isRead(method)) return failed(405, `${method} is not allowed`, { allow: 'GET, HEAD' });
  if (route.limited && !limiter.take() && values.get(rateLimitingConfig).policy === 'deny') {
    return failed(429, 'rate_limiting_config allows no more requests now', { 'retry-after': '1' });
  }
  return route.answer(url, values);
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function allowOrigin({ headers }: IncomingMessage, response: ServerResponse, values: Snapshot): void {
  response.setHeader('vary', 'origin');
  const { origin } = headers;
  if (origin !== undefined && values.get(allowedOrigins).includes(origin)) {
    response.setHeader('access-control-allow-origin', origin);
  }
}

/** Sends text as a page, and everything else as JSON; Node leaves the body out where the method is HEAD. */
function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const isPage = typeof body === 'string';
  const bytes = Buffer.from(isPage ? body : `${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'content-length': bytes.length,
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(bytes);
}

/** Reads the target as a path: relative to a base, `//host` would be a host. */
function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  const text = `http://service${url}`;
  return url.startsWith('/') && URL.canParse(text) ? new URL(text) : undefined;
}
