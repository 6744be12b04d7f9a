import type { DynamicFlag } from '@flagz/core';

/** How long to wait when a value cannot end, because an invariant refuses what lies below it. */
const RETRY_MS = 30_000;

/** Is one value that ends by itself. */
interface Entry {
  readonly flag: DynamicFlag<unknown>;
  /** When the `process` layer took the value: another value there is somebody else's, and stays. */
  readonly taken: number | undefined;
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

  /** Gives the present value of a flag a time to live; without one it stays. */
  keep(flag: DynamicFlag<unknown>, ttlMs: number | undefined): void {
    this.forget(flag.name);
    if (ttlMs === undefined) return;
    this.#add(flag, takenAt(flag), Date.now() + ttlMs, ttlMs);
  }

  /** Lets a value stay. */
  forget(flag: string): void {
    clearTimeout(this.#entries.get(flag)?.timer);
    this.#entries.delete(flag);
  }

  /** Tells when the value of a flag ends, in milliseconds since the epoch. */
  endOf(flag: string): number | undefined {
    const entry = this.#entries.get(flag);
    return entry && takenAt(entry.flag) === entry.taken ? entry.ends : undefined;
  }

  /** Ends all of them now: nothing would do it later. */
  stop(): void {
    for (const [name, entry] of this.#entries) {
      this.forget(name);
      this.#reset(entry);
    }
  }

  #add(flag: DynamicFlag<unknown>, taken: number | undefined, ends: number, inMs: number): void {
    const timer = setTimeout(() => this.#end(flag.name), inMs);
    // A value that waits for its end is no reason for the process to live.
    timer.unref?.();
    this.#entries.set(flag.name, { flag, taken, ends, timer });
  }

  #end(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    const problem = this.#reset(entry);
    if (problem !== undefined) this.#add(entry.flag, entry.taken, Date.now() + RETRY_MS, RETRY_MS);
    this.#onEnd(name, problem);
  }

  #reset({ flag, taken }: Entry): unknown {
    if (takenAt(flag) !== taken) return undefined;
    try {
      flag.reset({ actor: 'time to live' });
      return undefined;
    } catch (problem) {
      return problem ?? new Error('refused');
    }
  }
}

function takenAt(flag: DynamicFlag<unknown>): number | undefined {
  return flag.info().layers.findLast(({ source }) => source === 'process')?.time;
}
