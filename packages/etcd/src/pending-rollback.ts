import type { Rejection, SourceSink } from '@flagz/core';
import { type StoredValue, isSame } from './stored-value.ts';

/** Is one flag set that follows a feed. */
export interface Follower {
  readonly sink: SourceSink;
  readonly rollback: 'revert' | 'report';
}

/** Says what became of a rollback that was sent. */
export type Reverted = 'reverted' | 'deleted' | 'lost-race';

/**
 * Writes a value back where the key has not changed since a revision, or deletes the key.
 *
 * @returns what became of it; a value whose lease is over is deleted.
 */
export type Revert = (name: string, modRevision: bigint, value: Uint8Array | undefined) => Promise<Reverted>;

/** Is what a flag set accepted last: the very same object as long as it refuses the same value. */
export type LastGood = NonNullable<ReturnType<SourceSink['lastGood']>>;

/** Is the refusal of one flag set. */
export interface Claim {
  readonly sink: SourceSink;
  readonly rejection: Rejection;
  readonly good: LastGood;
}

/** Is a refused value that waits for its rollback. */
export interface Pending {
  readonly modRevision: bigint;
  /** What is refused; nothing where it is a deletion. */
  readonly value: Uint8Array | undefined;
  readonly claims: Claim[];
  timer: ReturnType<typeof setTimeout> | undefined;
  tries: number;
  /** What is on its way: a newer event may be its own. */
  sent: Sent | undefined;
  /** What a newer event told of what is on its way. */
  fate: Reverted | undefined;
}

/** Is a key that was left alone because what is refused came back again and again. */
export interface Flapping {
  /** What it held then. */
  readonly value: Uint8Array | undefined;
  /** When that was told first, in milliseconds since the epoch. */
  readonly since: number;
  /** Who was told since. */
  readonly told: WeakSet<SourceSink>;
}

/** Is what a transaction writes, nothing to delete the key, and where the key has to be for that. */
export interface Sent {
  readonly modRevision: bigint;
  readonly value: Uint8Array | undefined;
}

/** Is a transaction whose answer was lost: what the key holds next tells whether it was done. */
export interface Unanswered extends Sent {
  /** The refused revision, as the flag set knows it. */
  readonly revision: string | undefined;
  fate: Reverted | undefined;
}

/**
 * Finds what a key is to hold, and puts the claim first that says so. What one flag set has accepted is not deleted because
 * another never did.
 */
export function putForward(name: string, claims: Claim[]): LastGood | undefined {
  // Asked again: a flag set may have stopped since, or its validators may have changed.
  const found = claims.flatMap((claim) => {
    const good = claim.sink.lastGood(name);
    return good ? [{ claim, good }] : [];
  });
  const first = found.find(({ good }) => good.value !== undefined) ?? found[0];
  if (first) claims.unshift(...claims.splice(claims.indexOf(first.claim), 1));
  return first?.good;
}

/** Tells from what a key holds now whether a transaction was done: nobody else writes the accepted value just then. */
export function fateOf({ value }: Sent, now: StoredValue | undefined): Reverted {
  if (!isSame(value, now)) return 'lost-race';
  return now ? 'reverted' : 'deleted';
}
