import { setTimeout } from 'node:timers/promises';

/** Bounds the wait after the first failure, and after any, in milliseconds: a cluster that is back is found within seconds. */
const [SHORTEST_MS, LONGEST_MS] = [100, 1_500];

/**
 * Keeps attempts apart that many flag sets make together: each of their watchers has a backoff of its own, and three hundred
 * of these would leave no pause at all. Exponential, with full jitter.
 */
export class Pause {
  #failures = 0;
  #endsAt = 0;

  /** Makes the next attempt wait, longer each time. */
  extend(): void {
    const boundMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.#failures++);
    this.#endsAt = performance.now() + Math.random() * boundMs;
  }

  /** Makes the next attempt wait no more, and the next failure a first one. */
  end(): void {
    this.#failures = 0;
    this.#endsAt = 0;
  }

  /** Resolves when the next attempt may begin. @throws {Error} when the signal aborts. */
  async over(signal: AbortSignal): Promise<void> {
    const left = this.#endsAt - performance.now();
    if (left > 0) await setTimeout(left, undefined, { signal });
  }
}
