import type { ChangeOrigin, DynamicFlag } from '@flagz/core';

/** How long to wait when a value cannot end, because an invariant refuses what lies below it. */
const RETRY_MS = 30_000;

/** Is one value that ends by itself. */
interface Entry {
  readonly flag: DynamicFlag<unknown>;
  /** Who set it: the very object that the layer holds. Another one there is a later set, of an equal value too, and stays. */
  readonly origin: ChangeOrigin;
  readonly ends: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Resets flags when the time of their value is over. */
export class Temporary {
  readonly #entries = new Map<string, Entry>();
  readonly #onEnd: (flag: string, problem: unknown) => void;

  /** @param onEnd is told when a value ended, or could not: with what was thrown. */
  constructor(onEnd: (flag: string, problem: unknown) => void) {
    this.#onEnd = onEnd;
  }

  /** Gives the value that an actor has just set a time to live; without one it stays. */
  keep(flag: DynamicFlag<unknown>, ttlMs: number | undefined, actor: string): void {
    this.forget(flag.name);
    const origin = topOrigin(flag);
    // A notifier may have set the flag again at once: then it is the program's.
    if (ttlMs === undefined || origin?.actor !== actor) return;
    this.#add(flag, origin, Date.now() + ttlMs, ttlMs);
  }

  /** Lets a value stay. */
  forget(flag: string): void {
    clearTimeout(this.#entries.get(flag)?.timer);
    this.#entries.delete(flag);
  }

  /** Tells when the value of a flag ends, in milliseconds since the epoch. */
  endOf(flag: string): number | undefined {
    const entry = this.#entries.get(flag);
    return entry && holds(entry) ? entry.ends : undefined;
  }

  /** Forgets the values that somebody has set anew since; lists the others with their ends. */
  sweep(): readonly string[] {
    for (const [name, entry] of this.#entries) {
      if (holds(entry)) continue;
      this.forget(name);
      this.#onEnd(name, undefined);
    }
    return Array.from(this.#entries.values(), ({ flag, ends }) => `${flag.name} ${ends}`);
  }

  /** Ends all of them now: nothing would do it later. */
  stop(): void {
    for (const [name, entry] of this.#entries) {
      this.forget(name);
      this.#reset(entry);
    }
  }

  #add(flag: DynamicFlag<unknown>, origin: ChangeOrigin, ends: number, inMs: number): void {
    const timer = setTimeout(() => this.#end(flag.name), inMs);
    // A value that waits for its end is no reason for the process to live.
    timer.unref?.();
    this.#entries.set(flag.name, { flag, origin, ends, timer });
  }

  #end(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    const problem = this.#reset(entry);
    if (problem !== undefined) this.#add(entry.flag, entry.origin, Date.now() + RETRY_MS, RETRY_MS);
    this.#onEnd(name, problem);
  }

  #reset(entry: Entry): unknown {
    if (!holds(entry)) return undefined;
    // To reset takes away what lies on top, which here is not ours.
    if (topOrigin(entry.flag) !== entry.origin) return new Error('an override lies above');
    try {
      entry.flag.reset({ actor: 'time to live' });
      return undefined;
    } catch (problem) {
      return problem ?? new Error('refused');
    }
  }
}

function holds({ flag, origin }: Entry): boolean {
  return flag.info().layers.some((layer) => layer.origin === origin);
}

function topOrigin(flag: DynamicFlag<unknown>): ChangeOrigin | undefined {
  return flag.info().layers.at(-1)?.origin;
}
