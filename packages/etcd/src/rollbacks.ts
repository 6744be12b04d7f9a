import type { Rejection, RollbackOutcome, SourceSink } from '@flagz/core';
import { EtcdPermissionDeniedError } from 'etcd3';

/** How many rollbacks of one key are sent within {@link WINDOW_MS}. */
const MOST_ROLLBACKS = 5;
const WINDOW_MS = 60_000;
const LONGEST_RETRY_MS = 30_000;

/** Is one flag set that follows a feed. */
export interface Follower {
  readonly sink: SourceSink;
  readonly rollback: 'revert' | 'report';
}

/**
 * Writes a value back where the key has not changed since a revision, or deletes the key.
 *
 * @returns what became of it; a value whose lease is over is deleted.
 */
export type Revert = (
  name: string,
  modRevision: bigint,
  value: Uint8Array | undefined,
) => Promise<'reverted' | 'deleted' | 'lost-race'>;

/** Is a refused value that waits for its rollback. */
interface Pending {
  readonly modRevision: bigint;
  readonly claims: { readonly sink: SourceSink; readonly rejection: Rejection }[];
  timer: ReturnType<typeof setTimeout> | undefined;
  tries: number;
  /** Whether the transaction is on its way: a newer event may be its own. */
  sending: boolean;
}

/**
 * Rolls refused values back: one transaction for all flag sets of the process, never to a value that was not accepted.
 *
 *     refused ──▶ random wait ──▶ transaction ──▶ reverted, deleted
 *                     │               ├─ the key has changed ──▶ lost-race
 *                     │               ├─ not permitted ────────▶ forbidden, said once
 *                     │               └─ anything else ────────▶ failed, said once ──▶ wait ──▶ transaction
 *                     ├─ a newer event for the key ─▶ lost-race
 *                     └─ the sixth in a minute ─────▶ flapping, said once
 */
export class Rollbacks {
  readonly #revert: Revert;
  readonly #delayMs: number;
  readonly #pending = new Map<string, Pending>();
  /** Refusals that are over with. The very objects: a refusal that is loaded again is the same one. */
  readonly #done = new WeakSet<Rejection>();
  readonly #sent = new Map<string, number[]>();
  readonly #flapping = new Set<string>();
  #forbidden = false;

  constructor(revert: Revert, delayMs: number) {
    this.#revert = revert;
    this.#delayMs = delayMs;
  }

  /** Takes a refusal of a value that the key holds since a revision; 0 where the key is gone. */
  refused({ sink, rollback }: Follower, rejection: Rejection, modRevision: bigint): void {
    const { flag } = rejection;
    if (this.#done.has(rejection) || !sink.lastGood(flag)) return;
    if (rollback === 'report') return this.#settle({ claims: [{ sink, rejection }] }, 'reported');
    const known = this.#pending.get(flag);
    if (known?.modRevision === modRevision) {
      if (known.claims.every((claim) => claim.rejection !== rejection)) known.claims.push({ sink, rejection });
      return;
    }
    if (known) this.changed(flag);
    const pending: Pending = { modRevision, claims: [{ sink, rejection }], timer: undefined, tries: 0, sending: false };
    this.#pending.set(flag, pending);
    this.#wait(flag, pending, Math.random() * this.#delayMs);
  }

  /** Takes note of a newer event for a key: whoever sent it has the last word. */
  changed(name: string): void {
    const pending = this.#pending.get(name);
    if (!pending) return;
    this.#drop(name, pending);
    if (!pending.sending) this.#settle(pending, 'lost-race');
  }

  /** Forgets what waits: the connection is lost, and the next load finds again what is still refused. */
  suspend(): void {
    for (const [name, pending] of this.#pending) this.#drop(name, pending);
  }

  #wait(name: string, pending: Pending, ms: number): void {
    pending.timer = setTimeout(() => void this.#send(name, pending), ms);
  }

  #drop(name: string, pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(name);
  }

  /** Never rejects. */
  async #send(name: string, pending: Pending): Promise<void> {
    // Asked again: a flag set may have stopped since, or its validators may have changed.
    const good = pending.claims.map(({ sink }) => sink.lastGood(name)).find((found) => found !== undefined);
    if (!good) return this.#drop(name, pending);
    if (this.#isFlapping(name)) {
      this.#drop(name, pending);
      const error = new Error(
        `rolled back ${MOST_ROLLBACKS} times within a minute: somebody accepts what is refused here`,
      );
      const said = this.#flapping.has(name);
      this.#flapping.add(name);
      return this.#settle(pending, 'flapping', { error, said });
    }
    pending.sending = true;
    try {
      const value = typeof good.value === 'string' ? Buffer.from(good.value) : good.value;
      const outcome = await this.#revert(name, pending.modRevision, value);
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
      if (outcome === 'lost-race') return this.#settle(pending, 'lost-race');
      this.#forbidden = false;
      const [first, ...others] = pending.claims as [Pending['claims'][number]];
      this.#settle({ claims: [first] }, outcome);
      this.#settle({ claims: others }, 'lost-race');
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (thrown instanceof EtcdPermissionDeniedError) {
        this.#drop(name, pending);
        const said = this.#forbidden;
        this.#forbidden = true;
        return this.#settle(pending, 'forbidden', { error, said });
      }
      // A newer event, or the loss of the connection, has dropped it meanwhile.
      if (this.#pending.get(name) !== pending) return;
      pending.sending = false;
      pending.tries++;
      this.#tell(pending, 'failed', { error, said: pending.tries > 1 });
      this.#wait(name, pending, Math.min(LONGEST_RETRY_MS, 1_000 * 2 ** pending.tries));
    }
  }

  /** Counts what is sent. */
  #isFlapping(name: string): boolean {
    const now = Date.now();
    const sent = (this.#sent.get(name) ?? []).filter((time) => now - time < WINDOW_MS);
    if (sent.length >= MOST_ROLLBACKS) return true;
    this.#flapping.delete(name);
    this.#sent.set(name, [...sent, now]);
    return false;
  }

  #settle(over: Pick<Pending, 'claims'>, outcome: RollbackOutcome, more: { error?: Error; said?: boolean } = {}): void {
    for (const { rejection } of over.claims) this.#done.add(rejection);
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
