/** Configures the waits between attempts: exponential, with full jitter. */
export interface BackoffOptions {
  /** Bound of the first wait, in milliseconds. @default 100 */
  readonly minMs?: number;
  /** Bound of every wait, in milliseconds. @default 30_000 */
  readonly maxMs?: number;
}

/**
 * Gives how long to wait after so many failures in a row.
 *
 * Full jitter: any time up to the bound, so that a fleet that lost the same server does not come back in step.
 * See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
 *
 * @param failures from 1 on.
 * @returns milliseconds.
 */
export function backoffMs(failures: number, { minMs = 100, maxMs = 30_000 }: BackoffOptions = {}): number {
  return Math.random() * Math.min(maxMs, minMs * 2 ** (failures - 1));
}
