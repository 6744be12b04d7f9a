import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FlagSet } from '@flagz/core';
import { Endpoint } from './endpoint.ts';
import { type Answer, type Ask, BodyError, DRAIN_TIMEOUT_MS, readBounded } from './exchange.ts';
import type { FlagzOptions } from './options.ts';

/** So much of a text is handed over at once; a reader has a minute to take each piece, and then is given up. */
const PIECE_BYTES = 64 * 1024;

/** Answers requests of `node:http`, and of what is built on it: Express, Connect, Fastify. Never throws. */
export type FlagzHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes the handler of `/debug/flagz` for node:http, Express, Connect and Fastify.
 *
 * It answers whatever path it is called for, and needs no other: page, styles and live stream differ in the query only.
 *
 * @example
 * const debug = flagzHandler(flags);
 * createServer((request, response) => debug(request, response)).listen(8080);
 */
export function flagzHandler(flags: FlagSet, options: FlagzOptions<IncomingMessage> = {}): FlagzHandler {
  const endpoint = new Endpoint(flags, options);
  return (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    // Who has left cannot be told anything: the error is none of the service's.
    response.on('error', () => gone.abort());
    endpoint
      .answer(toAsk(request, gone.signal), request)
      .then((answer) => write(answer, request, response, gone.signal))
      .catch(() => response.destroy());
  };
}

function toAsk(request: IncomingMessage, gone: AbortSignal): Ask {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    query: mark < 0 ? '' : url.slice(mark + 1),
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    readBody: (maxBytes) => readBody(request, maxBytes),
    gone,
  };
}

/** Reads the body, or takes what a body parser of the framework has made of it. */
async function readBody(request: IncomingMessage & { readonly body?: unknown }, maxBytes: number): Promise<string> {
  const { body } = request;
  if (!request.readableDidRead) return readBounded(request, maxBytes);
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  if (typeof body !== 'object' || body === null) {
    throw new BodyError(500, 'the body was read before it reached this handler: mount it in front of body parsers');
  }
  const form = /urlencoded/i.test(request.headers['content-type'] ?? '');
  return form ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body);
}

async function write(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  if (gone.aborted || response.headersSent) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // A body that was not read to its end would be taken for the next request.
  if (request.method === 'POST' && !request.complete) response.setHeader('connection', 'close');
  if (typeof body === 'string') {
    response.setHeader('content-length', Buffer.byteLength(body));
    if (request.method === 'HEAD') response.end();
    else await writeText(body, response, gone);
    return;
  }
  response.flushHeaders();
  for await (const chunk of body) {
    if (gone.aborted) break;
    if (!response.write(chunk)) await drained(response, gone);
  }
  response.end();
}

/** Writes a text piece by piece, each once the last one was taken. */
async function writeText(text: string, response: ServerResponse, gone: AbortSignal): Promise<void> {
  const bytes = Buffer.from(text);
  if (bytes.length <= PIECE_BYTES) {
    response.end(bytes);
    return;
  }
  for (let from = 0; from < bytes.length && !gone.aborted; from += PIECE_BYTES) {
    if (!response.write(bytes.subarray(from, from + PIECE_BYTES))) await drained(response, gone);
  }
  response.end();
}

/** Waits until the reader has taken what was written; one that does not is disconnected. */
function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), DRAIN_TIMEOUT_MS);
    timer.unref();
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    gone.addEventListener('abort', done, { once: true });
  });
}
