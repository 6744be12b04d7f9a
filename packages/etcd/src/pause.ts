import { setTimeout } from 'node:timers/promises';

/** Bounds the wait after the first failure, and after any, in milliseconds: a cluster that is back is found within seconds. */
const [SHORTEST_MS, LONGEST_MS] = [100, 1_500];

/**
 * Keeps attempts apart that many flag sets make together: each of their watchers has a backoff of its own, and three hundred
 * of these would leave no pause at all. Exponential, with full jitter. One flag set alone needs no other than its own.
 */
export class Pause {
  #failures = 0;
  #endsAt = 0;
  /** Counts flag sets that were sent away and have not come back. */
  #away = 0;

  /**
   * Makes the next attempt wait, longer each time.
   *
   * @param leaving is how many flag sets the failure sends away.
   */
  extend(leaving: number): void {
    this.#away += leaving;
    const boundMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.#failures++);
    if (this.#away > 1) this.#endsAt = performance.now() + Math.random() * boundMs;
  }

  /** Takes note of one that has come back. */
  welcome(): void {
    this.#away = Math.max(0, this.#away - 1);
  }

  /** Makes the next attempt wait no more, and the next failure a first one. */
  end(): void {
    this.#failures = 0;
    this.#endsAt = 0;
    this.#away = 0;
  }

  /** Resolves when the next attempt may begin. @throws {Error} when the signal aborts. */
  async over(signal: AbortSignal): Promise<void> {
    const left = this.#endsAt - performance.now();
    if (left > 0) await setTimeout(left, undefined, { signal });
  }
}
