import type { IncomingMessage } from 'node:http';

/** Longer than an API server asks for; a proxy may ask for hours, and nobody would know why flags stand still. */
const LONGEST_MS = 10_000;

/**
 * Tells how long a server that has too much to do wants to be left alone, in milliseconds; 0 where it does not say so.
 *
 * Its `Retry-After` is seconds or a date, as RFC 9110, section 10.2.3, has it; the API server's is seconds.
 */
export function retryAfterMs({ statusCode, headers }: IncomingMessage, now: number = Date.now()): number {
  if (statusCode !== 429 && statusCode !== 503) return 0;
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
}
