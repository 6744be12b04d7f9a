import type { BackoffOptions, SourceError } from '@flagz/core';

/**
 * Bounds the waits between attempts: a server that is back is found within 5 s, however long it was away.
 *
 * The worst is a connect that began while everything was lost: it takes its 3 s to fail, and one such wait follows.
 */
export const BACKOFF: Required<BackoffOptions> = { minMs: 100, maxMs: 1_500 };

/**
 * Keeps attempts apart: exponential, with full jitter.
 *
 * The watcher of each follower has a backoff of its own, which a successful load resets. This one is for what they cannot
 * see: many followers of one server, and a server that answers well and ends each watch at once.
 */
export class Pause {
  #failures = 0;
  #endsAt = 0;

  /** Makes the next attempt wait, longer each time, and longer than `leastMs`, for which the server has asked. */
  extend(leastMs: number): void {
    this.#failures++;
    const boundMs = Math.min(BACKOFF.maxMs, BACKOFF.minMs * 2 ** (this.#failures - 1));
    this.#endsAt = performance.now() + leastMs + Math.random() * boundMs;
  }

  /** Makes the next failure a first one. */
  reset(): void {
    this.#failures = 0;
  }

  /** Resolves when the pause is over. @throws {SourceError} the signal's reason when it aborts. */
  over(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason as SourceError);
      };
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.max(0, this.#endsAt - performance.now()),
      );
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
