import type { BatchOutcome, SourceError, SourceSink } from '@flagz/core';
import { type Picture, valuesOf } from './mirror.ts';
import type { Follower } from './pending-rollback.ts';
import type { Rollbacks } from './rollbacks.ts';

/** Is one attempt of one watcher. */
export interface Attempt extends Follower {
  /** Whether it was there when the mirror was loaded, so that this is no past for it. */
  present: boolean;
  /** Whether it was told everything, so that it is told what changes. */
  told: boolean;
  readonly fail: (error: SourceError) => void;
}

/** Keeps who follows a feed, tells each what the picture holds, and has rolled back what one of them refuses. */
export class Followers {
  readonly #attempts = new Set<Attempt>();
  readonly #rollbacks: Rollbacks;

  constructor(rollbacks: Rollbacks) {
    this.#rollbacks = rollbacks;
  }

  get size(): number {
    return this.#attempts.size;
  }

  [Symbol.iterator](): IterableIterator<Attempt> {
    return this.#attempts.values();
  }

  add(attempt: Attempt): void {
    this.#attempts.add(attempt);
  }

  leave(attempt: Attempt): void {
    this.#attempts.delete(attempt);
  }

  /** Lists who has not been told everything. */
  waiting(): readonly Attempt[] {
    return [...this.#attempts].filter(({ told }) => !told);
  }

  /** Lets all wait until they are told everything. */
  beginAnew(): void {
    for (const attempt of this.#attempts) attempt.told = false;
  }

  /** Tells everything to one that waits, unless it has been told, or has left, meanwhile. */
  tellEverything(attempt: Attempt, { mirror, revision }: Picture): void {
    if (attempt.told || !this.#attempts.has(attempt)) return;
    attempt.told = true;
    this.#rollbacks.rejoined(attempt, (name) => mirror.get(name));
    this.#tell(attempt, mirror, (sink) => sink.replace(valuesOf(mirror), String(revision)));
  }

  /**
   * Tells all who were told everything what has changed.
   *
   * @param returned the names whose value was there a short while ago.
   */
  tellChanges(
    changes: ReadonlyMap<string, Uint8Array | undefined>,
    { mirror, revision }: Picture,
    returned: ReadonlySet<string>,
  ): void {
    const written = String(revision);
    for (const attempt of this.#attempts) {
      if (attempt.told) this.#tell(attempt, mirror, (sink) => sink.update(changes, written), returned);
    }
  }

  /** Tells all who were told everything that the watch is alive. */
  tellAlive(): void {
    for (const attempt of this.#attempts) if (attempt.told) attempt.sink.alive();
  }

  fail(attempt: Attempt, error: SourceError): void {
    this.#attempts.delete(attempt);
    attempt.fail(error);
  }

  /** Tells one; what it throws is its own failure, not the feed's. */
  #tell(
    attempt: Attempt,
    mirror: Picture['mirror'],
    say: (sink: SourceSink) => BatchOutcome,
    returned?: ReadonlySet<string>,
  ): void {
    try {
      for (const rejection of say(attempt.sink).rejected) {
        const { flag } = rejection;
        this.#rollbacks.refused(attempt, rejection, mirror.get(flag), returned?.has(flag));
      }
    } catch (thrown) {
      this.fail(attempt, thrown as SourceError);
    }
  }
}
