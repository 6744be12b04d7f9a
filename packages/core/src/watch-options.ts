import type { BackoffOptions } from './backoff.ts';
import type { FlagError } from './errors.ts';
import type { Rejection, WatcherState } from './source.ts';

/** Configures a watcher. */
export interface WatchOptions {
  /** Stops the watcher when it aborts; a start under way rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Whether `watch` waits for the first load, and fails without it. @default true */
  readonly required?: boolean;
  /** How long the first load of a required source may take, in milliseconds. @default 10_000 */
  readonly startTimeoutMs?: number;
  /** How long the source may be silent before it is stale, in milliseconds. @default what the source says, else 60_000 */
  readonly staleAfterMs?: number;
  /** Waits between attempts. @default what the source says, else 100 ms to 30 s, exponential, full jitter */
  readonly backoff?: BackoffOptions;
}

/** Shows how a source at work is doing. */
export interface WatcherStatus {
  readonly source: string;
  readonly state: WatcherState;
  /** The last failure, also when the source has recovered since. */
  readonly lastError: FlagError | undefined;
  /** When the source was heard last, in milliseconds since the epoch. */
  readonly lastSuccess: number | undefined;
  /** How many times it was started again. */
  readonly restarts: number;
  readonly revision: string | undefined;
  /** What its layer refuses right now. */
  readonly rejected: readonly Rejection[];
  /** Keys of its layer that are no flag. */
  readonly unknown: readonly string[];
}

/** Finds a wait that is none: each must be a number of milliseconds, 0 or more; `Infinity` waits for ever. */
export function findBadWait({ startTimeoutMs, staleAfterMs, backoff = {} }: WatchOptions): string | undefined {
  const waits = { startTimeoutMs, staleAfterMs, 'backoff.minMs': backoff.minMs, 'backoff.maxMs': backoff.maxMs };
  const bad = Object.entries(waits).find(([, ms]) => ms !== undefined && !(ms >= 0));
  return bad && `${bad[0]} must be a number of milliseconds, 0 or more, got ${bad[1]}`;
}
