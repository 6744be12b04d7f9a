import { type BatchOutcome, type SourceError, ValidationError } from '@flagz/core';
import type { Mirror, Picture } from './mirror.ts';
import type { Follower } from './pending-rollback.ts';
import type { Rollbacks } from './rollbacks.ts';

/** Is one attempt of one watcher. */
export interface Attempt extends Follower {
  /** Whether it was there when the mirror was loaded, so that this is no past for it. */
  present: boolean;
  /** Whether it was told everything, so that it is told what changes. */
  told: boolean;
  /** What its invariants refuse, by name, with the flags of the invariant: it may take it once one of these has changed. */
  refused: Refused;
  readonly fail: (error: SourceError) => void;
}

/** Is what has changed, by name; `undefined` is gone. */
type Changes = ReadonlyMap<string, Uint8Array | undefined>;

type Refused = ReadonlyMap<string, readonly string[]>;

export const NOTHING: Refused = new Map();

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

  has(attempt: Attempt): boolean {
    return this.#attempts.has(attempt);
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
    this.#tell(attempt, () => {
      // A copy: whoever wraps the sink may keep it, or take something out.
      const outcome = attempt.sink.replace(new Map(mirror), String(revision));
      attempt.refused = refusedOf(outcome);
      this.#rollBack(attempt, outcome, mirror);
    });
  }

  /**
   * Tells all who were told everything what has changed, and then what their invariants refused before, where these may take it
   * now: afterwards, for what an invariant refuses it refuses together.
   *
   * @param returned the names whose value was there a short while ago.
   */
  tellChanges(changes: Changes, { mirror, revision }: Picture, returned: ReadonlySet<string>): void {
    const written = String(revision);
    const tellOne = (attempt: Attempt): void => {
      const outcome = attempt.sink.update(changes, written);
      // Nothing is refused, and nothing was.
      if (attempt.refused.size === 0 && outcome.rejected.length === 0) return;
      attempt.refused = new Map([...without(attempt.refused, changes), ...refusedOf(outcome)]);
      this.#rollBack(attempt, outcome, mirror, returned);
      // Their rollbacks, if there are any, are on their way already.
      for (let { accepted } = outcome; accepted.length > 0;) {
        const again = related(attempt.refused, accepted, mirror);
        if (again.size === 0) return;
        const next = attempt.sink.update(again, written);
        attempt.refused = new Map([...without(attempt.refused, again), ...refusedOf(next)]);
        accepted = next.accepted;
      }
    };
    for (const attempt of this.#attempts) if (attempt.told) this.#tell(attempt, tellOne);
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
  #tell(attempt: Attempt, say: (attempt: Attempt) => void): void {
    try {
      say(attempt);
    } catch (thrown) {
      this.fail(attempt, thrown as SourceError);
    }
  }

  #rollBack(attempt: Attempt, { rejected }: BatchOutcome, mirror: Mirror, returned?: ReadonlySet<string>): void {
    for (const rejection of rejected) {
      const { flag } = rejection;
      this.#rollbacks.refused(attempt, rejection, mirror.get(flag), returned?.has(flag));
    }
  }
}

function refusedOf({ rejected }: BatchOutcome): Refused {
  if (rejected.length === 0) return NOTHING;
  return new Map(
    rejected.flatMap(({ flag, error }) =>
      error instanceof ValidationError && error.invariant ? [[flag, error.invariant] as const] : [],
    ),
  );
}

function without(refused: Refused, told: Changes): Refused {
  return new Map([...refused].filter(([name]) => !told.has(name)));
}

/** Gives what keys hold that an invariant over one of the accepted flags refused. */
function related(refused: Refused, accepted: readonly string[], mirror: Mirror): Changes {
  const names = [...refused].filter(([, flags]) => flags.some((flag) => accepted.includes(flag)));
  return new Map(names.map(([name]) => [name, mirror.get(name)]));
}
