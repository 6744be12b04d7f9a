import { SourceError } from '@flagz/core';

/**
 * Waits for a promise as long as the clock and the signal allow; what comes later is dropped.
 *
 * @param late says what it is where the clock was faster.
 */
export function bounded<T>(promise: Promise<T>, ms: number, signal: AbortSignal, late: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new SourceError(late))), ms);
    const onAbort = (): void => settle(() => reject(new SourceError('stopped')));
    const settle = (tell: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      tell();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error instanceof Error ? error : new SourceError(String(error)))),
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
