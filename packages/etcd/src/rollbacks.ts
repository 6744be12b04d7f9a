import type { Rejection, RollbackOutcome, SourceSink } from '@flagz/core';
import { isForbidden } from './describe-error.ts';
import {
  type Claim,
  type Flapping,
  type Follower,
  type LastGood,
  type Pending,
  type Revert,
  type Reverted,
  type Sent,
  type Unanswered,
  fateOf,
  putForward,
} from './pending-rollback.ts';
import { type StoredValue, isSame } from './stored-value.ts';

/** How often one key is put back within {@link WINDOW_MS}, by this process and others together. */
const MOST_ROLLBACKS = 5;
/** The same for a key that is flapping: who disagrees writes twice a load, not five times. */
const MOST_WHILE_FLAPPING = 1;
const WINDOW_MS = 60_000;
/** How long a flag set that was told of a flapping key hears no more of it, however often it changes. */
const TOLD_AGAIN_MS = 30_000;
const LONGEST_RETRY_MS = 30_000;

/** Refusals that are over with. */
const done = new WeakSet<LastGood>();
/** Refusals that were given up, and this was told: each load tries them once more, and tells success alone. */
const givenUp = new WeakSet<LastGood>();

/**
 * Rolls refused values back: one transaction for all flag sets of the process, never to a value that was not accepted.
 *
 *     refused ──▶ random wait ──▶ transaction ──▶ reverted, deleted
 *                     │               ├─ the key has changed ──▶ lost-race
 *                     │               ├─ not permitted ────────▶ forbidden, given up until the next load
 *                     │               ├─ anything else ────────▶ failed, said once ──▶ wait ──▶ transaction
 *                     │               └─ no answer: the next event for the key tells ──▶ reverted, deleted, lost-race
 *                     ├─ a newer event for the key ─▶ lost-race
 *                     └─ the sixth in a minute ─────▶ flapping, given up until the next load
 */
export class Rollbacks {
  readonly #revert: Revert;
  readonly #delayMs: number;
  readonly #pending = new Map<string, Pending>();
  /** On their way, and overtaken by an event that may be their own. */
  readonly #overtakenOnTheWay = new Set<Pending>();
  readonly #unanswered = new Map<string, Unanswered>();
  /** What each key got back, until it holds something else. */
  readonly #putBack = new Map<string, Uint8Array>();
  /** When each key was put back, by whomever. */
  readonly #turns = new Map<string, number[]>();
  /** Until a value is refused anew that nobody has put back for a minute. */
  readonly #flapping = new Map<string, Flapping>();

  constructor(revert: Revert, delayMs: number) {
    this.#revert = revert;
    this.#delayMs = delayMs;
  }

  /**
   * Takes a refusal of what a key holds now, nothing where it is gone.
   *
   * @param returned whether the key held this very value one change before: somebody else has put it back.
   */
  refused({ sink, rollback }: Follower, rejection: Rejection, now: StoredValue | undefined, returned = false): void {
    const { flag } = rejection;
    const good = sink.lastGood(flag);
    if (!good || done.has(good)) return;
    const claim = { sink, rejection, good };
    if (rollback === 'report') return this.#settle([claim], 'reported');
    // Another flag set has accepted it: whoever has nothing to put in its place must not take it away again.
    if (now && good.value === undefined && isSame(now, this.#putBack.get(flag)))
      return this.#settle([claim], 'lost-race');
    const modRevision = now?.modRevision ?? 0n;
    const known = this.#pending.get(flag);
    if (known?.modRevision === modRevision) {
      if (known.claims.every((other) => other.good !== good)) known.claims.push(claim);
      return;
    }
    if (known) this.#overtaken(flag, known, 'lost-race');
    if (returned) this.#turnsOf(flag).push(Date.now());
    const pending: Pending = {
      modRevision,
      value: now,
      claims: [claim],
      timer: undefined,
      tries: 0,
      sent: undefined,
      fate: undefined,
    };
    this.#pending.set(flag, pending);
    this.#wait(flag, pending, Math.random() * this.#delayMs);
  }

  /** Takes note of what a key holds now, nothing where it is gone: whoever wrote it has the last word. */
  changed(name: string, now: StoredValue | undefined): void {
    const lost = this.#unanswered.get(name);
    const pending = this.#pending.get(name);
    if (!isSame(now, this.#putBack.get(name))) this.#putBack.delete(name);
    const flapping = this.#flapping.get(name);
    // Not at each turn of who writes good and bad values without end.
    if (flapping && !isSame(now, flapping.value) && Date.now() - flapping.since > TOLD_AGAIN_MS)
      this.#flapping.set(name, { value: flapping.value, since: Date.now(), told: new WeakSet() });
    // A second event is nobody's answer; and once told, it is over.
    if (pending || lost?.fate) this.#unanswered.delete(name);
    if (lost) lost.fate ??= fateOf(lost, now);
    if (!pending) return;
    // An earlier try was done: what the present one is answered does not matter.
    if (lost?.modRevision === pending.modRevision) this.#overtaken(name, pending, lost.fate ?? 'lost-race', true);
    else this.#overtaken(name, pending, pending.sent ? fateOf(pending.sent, now) : 'lost-race');
  }

  /**
   * Tells a flag set that is about to get everything what became of a rollback of its whose answer was lost.
   *
   * @param find gives what a key holds now.
   */
  rejoined({ sink }: Follower, find: (name: string) => StoredValue | undefined): void {
    for (const [name, lost] of this.#unanswered) {
      const now = find(name);
      if ((now?.modRevision ?? 0n) !== lost.modRevision) lost.fate ??= fateOf(lost, now);
      if (!lost.fate || !sink.lastGood(name)) continue;
      this.#unanswered.delete(name);
      sink.rolledBack({ flag: name, revision: lost.revision, outcome: lost.fate });
    }
  }

  /** Forgets what waits: the connection is lost, and the next load finds again what is still refused. */
  suspend(): void {
    for (const [name, pending] of this.#pending) this.#drop(name, pending);
    for (const pending of this.#overtakenOnTheWay) this.#decide(pending.claims, pending.fate as Reverted);
    this.#overtakenOnTheWay.clear();
  }

  #wait(name: string, pending: Pending, ms: number): void {
    pending.timer = setTimeout(() => void this.#send(name, pending), ms);
  }

  #drop(name: string, pending: Pending): void {
    clearTimeout(pending.timer);
    if (this.#pending.get(name) === pending) this.#pending.delete(name);
  }

  /** Ends what waits; of what is on its way, the answer tells more, if it comes, unless all is told. */
  #overtaken(name: string, pending: Pending, fate: Reverted, certain = false): void {
    this.#drop(name, pending);
    pending.fate = fate;
    if (pending.sent && !certain) this.#overtakenOnTheWay.add(pending);
    else this.#decide(pending.claims, fate);
  }

  /** Never rejects. */
  async #send(name: string, pending: Pending): Promise<void> {
    const good = putForward(name, pending.claims);
    if (!good) return this.#drop(name, pending);
    const turns = this.#turnsOf(name);
    if (turns.length === 0 && pending.claims.some((claim) => !givenUp.has(claim.good))) this.#flapping.delete(name);
    const most = this.#flapping.has(name) ? MOST_WHILE_FLAPPING : MOST_ROLLBACKS;
    if (turns.length >= most) return this.#leave(name, pending);
    turns.push(Date.now());
    const { modRevision } = pending;
    const value = typeof good.value === 'string' ? Buffer.from(good.value) : good.value;
    const sent = { modRevision, value };
    pending.sent = sent;
    if (value) this.#putBack.set(name, value);
    try {
      const fate = await this.#revert(name, modRevision, value);
      pending.sent = undefined;
      if (pending.fate && !this.#overtakenOnTheWay.delete(pending)) return;
      // By an earlier try of ours, perhaps: the event that is on its way tells.
      if (fate === 'lost-race' && this.#unanswered.get(name)?.modRevision === modRevision) return;
      this.#drop(name, pending);
      this.#decide(pending.claims, fate);
    } catch (thrown) {
      pending.sent = undefined;
      this.#notSent(name, pending, sent, thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  #notSent(name: string, pending: Pending, sent: Sent, error: Error): void {
    // The loss of the connection has told it already.
    if (pending.fate && !this.#overtakenOnTheWay.delete(pending)) return;
    if (isForbidden(error.cause)) {
      this.#drop(name, pending);
      // Nothing was put back.
      this.#turns.get(name)?.pop();
      return this.#giveUp(pending.claims, 'forbidden', error);
    }
    if (pending.fate) return this.#decide(pending.claims, pending.fate);
    // It may have been done all the same.
    const revision = pending.claims[0]?.rejection.revision;
    this.#unanswered.set(name, { ...sent, revision, fate: undefined });
    // The loss of the connection has dropped it meanwhile.
    if (this.#pending.get(name) !== pending) return;
    pending.tries++;
    if (pending.tries === 1) this.#tell(pending.claims, 'failed', error);
    this.#wait(name, pending, Math.min(LONGEST_RETRY_MS, 1_000 * 2 ** pending.tries));
  }

  /** Leaves a key alone that is flapping. What is written there next, the same value or another, is not told once more. */
  #leave(name: string, pending: Pending): void {
    const { value, claims } = pending;
    const known = this.#flapping.get(name);
    const isStill = known && (isSame(value, known.value) || Date.now() - known.since <= TOLD_AGAIN_MS);
    const { told, since } = isStill ? known : { told: new WeakSet<SourceSink>(), since: Date.now() };
    this.#drop(name, pending);
    this.#flapping.set(name, { value, since, told });
    for (const { sink, good } of claims) {
      if (told.has(sink)) givenUp.add(good);
      told.add(sink);
    }
    const reason =
      'it came back again and again within a minute: somebody accepts what is refused here, or keeps writing it';
    this.#giveUp(claims, 'flapping', new Error(`left alone until the next load: ${reason}`));
  }

  /** Gives when a key was put back within the last minute. */
  #turnsOf(name: string): number[] {
    const now = Date.now();
    const turns = (this.#turns.get(name) ?? []).filter((time) => now - time < WINDOW_MS);
    this.#turns.set(name, turns);
    return turns;
  }

  /** One transaction counts once, however many flag sets wanted it. */
  #decide(claims: readonly Claim[], fate: Reverted): void {
    if (fate === 'lost-race') return this.#settle(claims, fate);
    this.#settle(claims.slice(0, 1), fate);
    this.#settle(claims.slice(1), 'lost-race');
  }

  #settle(claims: readonly Claim[], outcome: RollbackOutcome): void {
    this.#tell(claims, outcome);
    for (const { good } of claims) done.add(good);
  }

  #giveUp(claims: readonly Claim[], outcome: 'flapping' | 'forbidden', error: Error): void {
    this.#tell(claims, outcome, error);
    for (const { good } of claims) givenUp.add(good);
  }

  #tell(claims: readonly Claim[], outcome: RollbackOutcome, error?: Error): void {
    const success = outcome === 'reverted' || outcome === 'deleted';
    for (const { sink, rejection, good } of claims) {
      if (givenUp.has(good) && !success) continue;
      const { flag, revision } = rejection;
      sink.rolledBack({ flag, revision, outcome, ...(error && { error }) });
    }
  }
}
