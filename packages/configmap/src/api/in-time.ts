import { SourceError } from '@flagz/core';

/**
 * Waits for what cannot be stopped, no longer than it may take, and no longer than the signal allows.
 *
 * @param what names it in the error.
 * @throws {SourceError} when it is late, or the signal's reason when it aborts.
 */
export async function inTime<T>(work: Promise<T>, ms: number, what: string, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let end: () => void = () => {};
  const over = new Promise<never>((_, reject) => {
    const late = setTimeout(() => reject(new SourceError(`${what} took more than ${ms} ms`)), ms);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    end = () => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    end();
  }
}
