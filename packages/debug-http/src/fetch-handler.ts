import type { FlagSet } from '@flagz/core';
import { Endpoint } from './endpoint.ts';
import { type Answer, type Ask, DRAIN_TIMEOUT_MS, readBounded } from './exchange.ts';
import type { FlagzOptions } from './options.ts';

/**
 * Makes the handler of `/debug/flagz` for servers of Fetch requests: Hono, Bun, Deno and others. It never rejects.
 *
 * @example
 * const debug = flagzFetchHandler(flags);
 * app.all('/debug/flagz', (context) => debug(context.req.raw));
 */
export function flagzFetchHandler(
  flags: FlagSet,
  options: FlagzOptions<Request> = {},
): (request: Request) => Promise<Response> {
  const endpoint = new Endpoint(flags, options);
  return async (request) => {
    const gone = new AbortController();
    request.signal.addEventListener('abort', () => gone.abort(), { once: true });
    const answer = await endpoint.answer(toAsk(request, gone.signal), request);
    return toResponse(answer, request.method, gone);
  };
}

function toAsk(request: Request, gone: AbortSignal): Ask {
  const url = new URL(request.url);
  return {
    method: request.method,
    query: url.search.slice(1),
    // Not every runtime shows the Host header of a request whose URL has it.
    header: (name) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined),
    readBody: async (maxBytes) => (request.body ? readBounded(request.body, maxBytes) : ''),
    gone,
  };
}

function toResponse({ status, headers, body }: Answer, method: string, gone: AbortController): Response {
  if (method === 'HEAD' || status === 304) return new Response(null, { status, headers });
  return new Response(typeof body === 'string' ? body : toStream(body, gone), { status, headers });
}

/**
 * Pulled, not pushed: what the reader does not take is not made. One that takes nothing for a minute is given up.
 *
 *     pull ──▶ chunk made ──▶ enqueued, the clock runs ──▶ taken: pull stops the clock
 */
function toStream(body: AsyncIterable<string>, gone: AbortController): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<string> = body[Symbol.asyncIterator]();
  const utf8 = new TextEncoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    // A body that waits for its reader ends only when it is told.
    void chunks.return?.();
  };
  gone.signal.addEventListener('abort', end, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        const next = await chunks.next();
        if (next.done === true) return controller.close();
        controller.enqueue(utf8.encode(next.value));
        timer = setTimeout(() => {
          controller.error(new Error('the reader has taken nothing for a minute'));
          gone.abort();
        }, DRAIN_TIMEOUT_MS);
        timer.unref?.();
      },
      cancel: () => gone.abort(),
    },
    { highWaterMark: 1 },
  );
}
