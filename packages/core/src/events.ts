import type { FlagError } from './errors.ts';
import type { ChangeOrigin, Rejection, Rollback, WatcherState } from './source.ts';

/** Records one change of a flag's effective value. Texts are canonical; sensitive ones are redacted. */
export interface FlagChange {
  readonly flag: string;
  /** The layer whose batch changed the value. */
  readonly source: string;
  readonly revision: string | undefined;
  readonly previous: string;
  readonly next: string;
  /** Version of the flag set that the batch made: changes of one batch share it. */
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Who wrote the value and when; absent where the source does not tell. */
  readonly origin?: ChangeOrigin;
}

/** Is everything that happens in a flag set, as one union: switch on `kind`. */
export type FlagEvent =
  | ({ readonly kind: 'change' } & FlagChange)
  | ({ readonly kind: 'rejected' } & Rejection)
  | {
      readonly kind: 'unknown';
      readonly flag: string;
      readonly source: string;
      readonly revision: string | undefined;
    }
  | {
      readonly kind: 'restart-needed';
      readonly flag: string;
      readonly source: string;
      readonly revision: string | undefined;
      /** The text that a restart would bring. */
      readonly next: string;
    }
  /**
   * What was told before has ended: the layer of that name refuses the key no longer, knows it, or waits for no restart.
   * Told once for each that began, by its `what` and `source`. A refused `set()` is over with its throw and has no end.
   */
  | {
      readonly kind: 'cleared';
      readonly what: 'rejected' | 'unknown' | 'restart-needed';
      readonly flag: string;
      readonly source: string;
      readonly revision: string | undefined;
    }
  | {
      readonly kind: 'deprecated';
      readonly flag: string;
      readonly source: string;
      readonly reason: string;
    }
  /** A source put a refused value right at its origin, or tried to. */
  | ({ readonly kind: 'rollback'; readonly source: string } & Rollback)
  | { readonly kind: 'notifier-error'; readonly flag: string; readonly error: Error }
  | {
      readonly kind: 'watcher';
      readonly source: string;
      readonly state: WatcherState;
      readonly restarts: number;
      readonly error: FlagError | undefined;
    };

/** Is told of each event. What it throws is dropped: there is nobody left to tell. */
export type FlagListener = (event: FlagEvent) => void;

/** Hands events to listeners, each of which is on its own. */
export class EventStream {
  readonly #listeners = new Set<{ readonly tell: FlagListener }>();
  /** Says what the set's size says: each batch asks, and to look into the set is to fetch it from memory. */
  #listened = false;

  /** Tells whether anybody listens: an event that nobody hears need not be made. */
  get listened(): boolean {
    return this.#listened;
  }

  subscribe(listener: FlagListener): () => void {
    // A wrapper a subscription: the same function may subscribe twice, and each unsubscribes for itself.
    const entry = { tell: listener };
    this.#listeners.add(entry);
    this.#listened = true;
    return () => {
      this.#listeners.delete(entry);
      this.#listened = this.#listeners.size > 0;
    };
  }

  emit(event: FlagEvent): void {
    for (const { tell } of this.#listeners) {
      try {
        // An asynchronous listener's rejection must not end the process either.
        const answer: unknown = tell(event);
        if (answer instanceof Promise) answer.catch(() => {});
      } catch {
        continue;
      }
    }
  }
}
