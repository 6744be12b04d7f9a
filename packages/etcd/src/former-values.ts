import { hash } from 'node:crypto';
import { isSame } from './stored-value.ts';

/** How long they are remembered, in milliseconds: as long as rollbacks are counted. */
const KEPT_MS = 60_000;
/** The longest value that is remembered as it is, in bytes: to make a digest takes as long as all else about a change. */
const LONGEST_KEPT = 64;

/** Is what a key held before its last change. */
interface Former {
  readonly length: number;
  readonly mark: string;
  /** When it was replaced. */
  readonly at: number;
}

/**
 * Remembers for a minute what keys held before their last change, to tell when a value comes back.
 *
 * Long ones by a digest: all that was replaced in a minute may be as large as the mirror itself.
 */
export class FormerValues {
  /** By name, oldest first. */
  readonly #before = new Map<string, Former>();

  /** Takes note of a change. @returns whether the key held this very value one change before. */
  changed(
    name: string,
    next: Uint8Array | undefined,
    previous: Uint8Array | undefined,
    now: number = Date.now(),
  ): boolean {
    this.forget(now);
    if (isSame(next, previous)) return false;
    const before = this.#before.get(name);
    this.#before.delete(name);
    if (previous) this.#before.set(name, { length: previous.length, mark: markOf(previous), at: now });
    return before !== undefined && next?.length === before.length && before.mark === markOf(next);
  }

  /** Forgets what was replaced more than a minute ago. */
  forget(now: number = Date.now()): void {
    for (const [name, { at }] of this.#before) {
      if (now - at <= KEPT_MS) return;
      this.#before.delete(name);
    }
  }

  /** Forgets them all. */
  clear(): void {
    this.#before.clear();
  }
}

function markOf(value: Uint8Array): string {
  return value.length > LONGEST_KEPT ? hash('sha256', value, 'base64') : Buffer.from(value).toString('latin1');
}
