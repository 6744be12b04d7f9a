/** Counts requests against a rate that can change: a token bucket that holds one second's worth. */
export class RateLimiter {
  readonly #now: () => number;
  #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** @param now gives milliseconds of a clock that is never set back. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = now();
  }

  /** Takes a token for a request. @returns false when there is none: the request is above the rate. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Changes the rate; what was saved up or used up under the old one counts on. */
  retune(perSecond: number): void {
    this.#fill();
    this.#perSecond = perSecond;
    this.#tokens = Math.min(this.#tokens, perSecond);
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond);
    this.#filledAt = now;
  }
}
