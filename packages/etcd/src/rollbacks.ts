import type { Rejection, RollbackOutcome } from '@flagz/core';
import { isForbidden } from './describe-error.ts';
import { type Entry, isSame } from './mirror.ts';
import {
  type Follower,
  type Pending,
  type Revert,
  type Reverted,
  type Sent,
  type Unanswered,
  fateOf,
  putForward,
} from './pending-rollback.ts';

/** How often one key is put back within {@link WINDOW_MS}, by this process and others together. */
const MOST_ROLLBACKS = 5;
const WINDOW_MS = 60_000;
const LONGEST_RETRY_MS = 30_000;

/** Refusals that are over with. The very objects: a refusal that is loaded again is the same one. */
const done = new WeakSet<Rejection>();

/**
 * Rolls refused values back: one transaction for all flag sets of the process, never to a value that was not accepted.
 *
 *     refused ──▶ random wait ──▶ transaction ──▶ reverted, deleted
 *                     │               ├─ the key has changed ──▶ lost-race
 *                     │               ├─ not permitted ────────▶ forbidden, said once
 *                     │               ├─ anything else ────────▶ failed, said once ──▶ wait ──▶ transaction
 *                     │               └─ no answer: the next event for the key tells ──▶ reverted, deleted, lost-race
 *                     ├─ a newer event for the key ─▶ lost-race
 *                     └─ the sixth in a minute ─────▶ flapping, said once
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
  readonly #flapping = new Set<string>();
  #forbidden = false;

  constructor(revert: Revert, delayMs: number) {
    this.#revert = revert;
    this.#delayMs = delayMs;
  }

  /**
   * Takes a refusal of what a key holds now, nothing where it is gone.
   *
   * @param returned whether the key held this very value one change before: somebody else has put it back.
   */
  refused({ sink, rollback }: Follower, rejection: Rejection, now: Entry | undefined, returned = false): void {
    const { flag } = rejection;
    const good = sink.lastGood(flag);
    if (done.has(rejection) || !good) return;
    if (rollback === 'report') return this.#settle({ claims: [{ sink, rejection }] }, 'reported');
    // Another flag set has accepted it: whoever has nothing to put in its place must not take it away again.
    if (now && good.value === undefined && isSame(now.value, this.#putBack.get(flag)))
      return this.#settle({ claims: [{ sink, rejection }] }, 'lost-race');
    const modRevision = now?.modRevision ?? 0n;
    const known = this.#pending.get(flag);
    if (known?.modRevision === modRevision) {
      if (known.claims.every((claim) => claim.rejection !== rejection)) known.claims.push({ sink, rejection });
      return;
    }
    if (known) this.#overtaken(flag, known, 'lost-race');
    if (returned) this.#turnsOf(flag).push(Date.now());
    const pending: Pending = {
      modRevision,
      claims: [{ sink, rejection }],
      timer: undefined,
      tries: 0,
      sent: undefined,
      fate: undefined,
    };
    this.#pending.set(flag, pending);
    this.#wait(flag, pending, Math.random() * this.#delayMs);
  }

  /** Takes note of what a key holds now, nothing where it is gone: whoever wrote it has the last word. */
  changed(name: string, now: Entry | undefined): void {
    const lost = this.#unanswered.get(name);
    const pending = this.#pending.get(name);
    if (!isSame(now?.value, this.#putBack.get(name))) this.#putBack.delete(name);
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
  rejoined({ sink }: Follower, find: (name: string) => Entry | undefined): void {
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
    for (const pending of this.#overtakenOnTheWay) this.#decide(pending, pending.fate as Reverted);
    this.#overtakenOnTheWay.clear();
  }

  #wait(name: string, pending: Pending, ms: number): void {
    pending.timer = setTimeout(() => void this.#send(name, pending), ms);
  }

  #drop(name: string, pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(name);
  }

  /** Ends what waits; of what is on its way, the answer tells more, if it comes, unless all is told. */
  #overtaken(name: string, pending: Pending, fate: Reverted, certain = false): void {
    this.#drop(name, pending);
    pending.fate = fate;
    if (pending.sent && !certain) this.#overtakenOnTheWay.add(pending);
    else this.#decide(pending, fate);
  }

  /** Never rejects. */
  async #send(name: string, pending: Pending): Promise<void> {
    const good = putForward(name, pending.claims);
    if (!good) return this.#drop(name, pending);
    const turns = this.#turnsOf(name);
    if (turns.length >= MOST_ROLLBACKS) return this.#giveUp(name, pending);
    this.#flapping.delete(name);
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
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
      this.#decide(pending, fate);
    } catch (thrown) {
      pending.sent = undefined;
      this.#notSent(name, pending, sent, thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  #notSent(name: string, pending: Pending, sent: Sent, error: Error): void {
    if (isForbidden(error.cause)) {
      this.#drop(name, pending);
      const said = this.#forbidden;
      this.#forbidden = true;
      return this.#settle(pending, 'forbidden', { error, said });
    }
    if (pending.fate) return this.#overtakenOnTheWay.delete(pending) ? this.#decide(pending, pending.fate) : undefined;
    // It may have been done all the same.
    const revision = pending.claims[0]?.rejection.revision;
    this.#unanswered.set(name, { ...sent, revision, fate: undefined });
    // The loss of the connection has dropped it meanwhile.
    if (this.#pending.get(name) !== pending) return;
    pending.tries++;
    this.#tell(pending, 'failed', { error, said: pending.tries > 1 });
    this.#wait(name, pending, Math.min(LONGEST_RETRY_MS, 1_000 * 2 ** pending.tries));
  }

  #giveUp(name: string, pending: Pending): void {
    this.#drop(name, pending);
    const error = new Error(`put back ${MOST_ROLLBACKS} times within a minute: somebody accepts what is refused here`);
    const said = this.#flapping.has(name);
    this.#flapping.add(name);
    this.#settle(pending, 'flapping', { error, said });
  }

  /** Gives when a key was put back within the last minute. */
  #turnsOf(name: string): number[] {
    const now = Date.now();
    const turns = (this.#turns.get(name) ?? []).filter((time) => now - time < WINDOW_MS);
    this.#turns.set(name, turns);
    return turns;
  }

  /** One transaction counts once, however many flag sets wanted it. */
  #decide({ claims }: Pending, fate: Reverted): void {
    if (fate === 'lost-race') return this.#settle({ claims }, fate);
    this.#forbidden = false;
    this.#settle({ claims: claims.slice(0, 1) }, fate);
    this.#settle({ claims: claims.slice(1) }, 'lost-race');
  }

  #settle(over: Pick<Pending, 'claims'>, outcome: RollbackOutcome, more: { error?: Error; said?: boolean } = {}): void {
    for (const { rejection } of over.claims) done.add(rejection);
    this.#tell(over, outcome, more);
  }

  #tell(
    { claims }: Pick<Pending, 'claims'>,
    outcome: RollbackOutcome,
    { error, said = false }: { error?: Error; said?: boolean },
  ): void {
    if (said) return;
    for (const { sink, rejection } of claims) {
      const { flag, revision } = rejection;
      sink.rolledBack({ flag, revision, outcome, ...(error && { error }) });
    }
  }
}
