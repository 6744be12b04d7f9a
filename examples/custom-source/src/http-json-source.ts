import { setTimeout as delay } from 'node:timers/promises';
import { type Source, SourceError } from '@flagz/core';

/** Configures {@link httpJsonSource}. */
export interface HttpJsonSourceOptions {
  /** How long to wait between two requests, in milliseconds. @default 5_000 */
  readonly everyMs?: number;
  /** How long one request may take, in milliseconds. @default 3_000 */
  readonly timeoutMs?: number;
}

/**
 * Follows a JSON document over HTTP: each member of its object is the value of the flag of that name.
 *
 * @throws {TypeError} when `url` is no URL.
 * @example
 * await using watcher = await flags.watch(httpJsonSource('http://config.internal/checkout.json'));
 */
export function httpJsonSource(url: string, options: HttpJsonSourceOptions = {}): Source {
  const { everyMs = 5_000, timeoutMs = 3_000 } = options;
  const { host, pathname } = new URL(url);
  return {
    name: `http ${host}${pathname}`,
    staleAfterMs: 3 * (everyMs + timeoutMs),
    async watch(sink, signal) {
      let etag = '';
      while (!signal.aborted) {
        const answer = await get(url, etag, timeoutMs, signal);
        if (answer.status === 304) {
          sink.alive();
        } else {
          etag = answer.etag;
          sink.replace(valuesOf(answer.text), etag);
        }
        await delay(everyMs, undefined, { signal });
      }
    },
  };
}

/** Asks for the document, unless it still is the one that `etag` stands for. */
async function get(url: string, etag: string, timeoutMs: number, signal: AbortSignal) {
  // Not AbortSignal.any(): on Node 20 each signal that it makes stays on record in `signal`, which lives for months.
  const request = new AbortController();
  const late = new Error(`no answer within ${timeoutMs} ms`);
  const timer = setTimeout(() => request.abort(late), timeoutMs);
  signal.addEventListener('abort', () => request.abort(), { signal: request.signal });
  try {
    const headers: Record<string, string> = etag === '' ? {} : { 'if-none-match': etag };
    const response = await fetch(url, { headers, signal: request.signal });
    const { status } = response;
    // Read also where nobody wants it, or the connection stays busy.
    const text = await response.text();
    if (status !== 200 && status !== 304) {
      throw new SourceError(`answered ${status}`, { fatalAtStart: status === 401 || status === 403 });
    }
    return { status, text, etag: response.headers.get('etag') ?? '' };
  } catch (thrown) {
    throw reasonOf(thrown);
  } finally {
    clearTimeout(timer);
    request.abort();
  }
}

/** Finds what lies behind the "fetch failed" of fetch(); for a name of several addresses, what happened to the first. */
function reasonOf(thrown: unknown): unknown {
  const reason = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  return reason instanceof AggregateError ? reason.errors[0] : reason;
}

/** Reads the values of flags: texts as they are, everything else as its JSON. */
function valuesOf(text: string): readonly (readonly [string, string])[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the document, which may hold a secret.
    throw new SourceError('answered with what is not valid JSON');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new SourceError('answered with JSON that is not an object');
  }
  return Object.entries(document).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}
