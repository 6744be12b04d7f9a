import type { BackoffOptions } from './backoff.ts';
import type { FlagError } from './errors.ts';
import type { FlagType } from './flag-type.ts';

/** Is a value as a source delivers it: text, or bytes that are decoded as UTF-8 unless the flag type reads bytes itself. */
export type RawValue = string | RawBytes;

/** Is a value in bytes, of which a source may say what text they are: a file's, without the newline at its end. */
export interface RawBytes extends Uint8Array {
  /** What flag types get that do not read bytes. @default the bytes decoded as strict UTF-8 */
  readonly text?: string | undefined;
}

/**
 * Says where raw values come from. Everything else — time-outs, restarts, states, layers — is the watcher's.
 *
 * @example
 * const polled: Source = {
 *   name: 'config service',
 *   async watch(sink, signal) {
 *     while (!signal.aborted) {
 *       const response = await fetch(url, { signal });
 *       sink.replace(Object.entries(await response.json()));
 *       await setTimeout(5_000, undefined, { signal });
 *     }
 *   },
 * };
 */
export interface Source {
  /** Names the layer: shown on the debug page, in metrics, in errors. One live watcher a name. */
  readonly name: string;
  /** Places the layer. @default 'source' */
  readonly kind?: Exclude<LayerKind, 'process'>;
  /** Says how long this source may be silent before its watcher is stale, in milliseconds. @default 60_000 */
  readonly staleAfterMs?: number;
  /** Says how long to wait between attempts, where `watch` is not told. @default 100 ms to 30 s, exponential, full jitter */
  readonly backoff?: BackoffOptions;
  /**
   * Loads everything once (`sink.replace`), then reports changes until `signal` aborts.
   *
   * To throw is to ask to be started again, after a backoff; to return is to be done: the values stay, nothing restarts
   * it. To throw a `SourceError` when the signal aborts is to say what was still waited for: a start that times out
   * tells. The signal aborts when the watcher stops, and after each attempt, so that what hangs on it is released.
   */
  watch(sink: SourceSink, signal: AbortSignal): Promise<void>;
}

/**
 * Takes what a source found. A sink whose attempt has ended takes nothing: its outcomes are empty.
 *
 * An object of functions, which need no `this`: a source that changes what another one finds gives that `{ ...sink, update }`.
 */
export interface SourceSink {
  /**
   * Tells whether the flag set has had its first load, in this attempt or an earlier one. Until then `replace` has to say
   * what is there now: where a start succeeds by it, and what static flags are, is decided once.
   */
  loaded(): boolean;
  /** Lists the flags, for a source whose own names do not tell them: `CHECKOUT_RATE` of an environment is `rate`. */
  flags(): Iterable<DeclaredFlag>;
  /**
   * Says what the source holds altogether: a key that is not among `values` leaves the layer. One batch.
   *
   * @param origin goes into the history: with each change of the batch, or by key.
   */
  replace(
    values: Iterable<readonly [key: string, value: RawValue]>,
    revision?: string,
    origin?: BatchOrigin,
  ): BatchOutcome;
  /**
   * Says what changed; `undefined` stands for a key that is gone. One batch.
   *
   * @param origin goes into the history: with each change of the batch, or by key.
   */
  update(
    changes: Iterable<readonly [key: string, value: RawValue | undefined]>,
    revision?: string,
    origin?: BatchOrigin,
  ): BatchOutcome;
  /** Says that the connection is alive although nothing changed. */
  alive(): void;
  /** Says what is wrong without giving up, such as one file that cannot be read: the watcher's last error, and an event. */
  report(error: Error): void;
  /**
   * Says what the origin should hold for a refused key, for a source that can write there: what this layer accepted
   * last, or nothing.
   *
   * @returns the very same object as long as the same value is refused, for whatever reason; `undefined` where nothing is
   * to be put back: the key is not refused, or not any more; it was refused by the first load already, before this process
   * had accepted anything; its flag is static.
   */
  lastGood(key: string): { readonly value: RawValue | undefined } | undefined;
  /** Says what became of putting a refused key back at the origin: an event. */
  rolledBack(rollback: Rollback): void;
}

/**
 * Names what becomes of a rollback: the last good value is back, the key is gone because there was none, somebody was
 * faster, it keeps coming back, it is not permitted, it failed, or it is only reported because the source may not write.
 */
export type RollbackOutcome = 'reverted' | 'deleted' | 'lost-race' | 'flapping' | 'forbidden' | 'failed' | 'reported';

/** Says what became of putting a refused key back at the origin. */
export interface Rollback {
  readonly flag: string;
  /** The revision that was refused. */
  readonly revision: string | undefined;
  readonly outcome: RollbackOutcome;
  /** Why, where the outcome is not what was wanted. */
  readonly error?: Error | undefined;
}

/** Is what a source may know of a flag. */
export interface DeclaredFlag {
  readonly name: string;
  readonly type: FlagType<unknown>;
  readonly dynamic: boolean;
}

/** Says who wrote what a source delivers, and when, as far as the source knows. */
export interface ChangeOrigin {
  /** Names the writer as the source does: a user, a client, a field manager. */
  readonly actor?: string;
  /** When it was written, by the clock of the source, in milliseconds since the epoch. */
  readonly writtenAt?: number;
}

/** Orders the layers, bottom to top; within a kind the later one is higher. The default lies below all of them. */
export type LayerKind = 'environment' | 'command line' | 'source' | 'process';

/** Tells what became of a batch. */
export interface BatchOutcome {
  /** Version of the flag set after the batch. */
  readonly version: number;
  /** Keys whose value, or deletion, was taken; also when nothing changed by it. */
  readonly accepted: readonly string[];
  /** Keys that keep their last good value of this layer, with the reasons. */
  readonly rejected: readonly Rejection[];
  /** Keys that are no flag of the set. */
  readonly unknown: readonly string[];
  /** Static flags that would change: the program has to be started again. */
  readonly restartNeeded: readonly string[];
}

/** Says who wrote a batch: all of it, or each key; keys that are not in the map have no known writer. */
export type BatchOrigin = ChangeOrigin | ReadonlyMap<string, ChangeOrigin>;

/** Says which key was refused, where, and why. Sensitive values are redacted. */
export interface Rejection {
  readonly flag: string;
  readonly source: string;
  readonly revision: string | undefined;
  /** The refused text, cut when long; `undefined` where a deletion was refused. */
  readonly text: string | undefined;
  readonly error: FlagError;
  /** When it was refused first, in milliseconds since the epoch. */
  readonly time: number;
  /** Who wrote the value and when; absent where the source does not tell. */
  readonly origin?: ChangeOrigin;
}

/**
 * Says how a source at work is doing: `starting` until its first load, `live` while it follows, `stale` when it failed or
 * was silent for too long (the last good values stay), `stopped` for good.
 */
export type WatcherState = 'starting' | 'live' | 'stale' | 'stopped';
