import type { FlagEvent, FlagSet, Rejection } from '@flagz/core';

/** Remembers what the flag set itself does not: which flags something was said about, and what was refused of them last. */
export class Recent {
  readonly #flags: FlagSet;
  readonly #touched = new Map<string, number>();
  readonly #rejections = new Map<string, Rejection>();
  #sequence = 0;

  constructor(flags: FlagSet) {
    this.#flags = flags;
  }

  /** Counts the events. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Takes an event in. Both maps are bounded by the number of flags. */
  take(event: FlagEvent): void {
    this.#sequence++;
    if (!('flag' in event) || !this.#flags.find(event.flag)) return;
    this.touch(event.flag);
    if (event.kind === 'rejected') this.#rejections.set(event.flag, event);
  }

  /** Says that something about a flag is to be shown anew. */
  touch(flag: string): void {
    this.#sequence++;
    this.#touched.set(flag, this.#sequence);
  }

  /** Names the flags that something was said about after an event. */
  since(sequence: number): string[] {
    return [...this.#touched].flatMap(([flag, touched]) => (touched > sequence ? [flag] : []));
  }

  rejection(flag: string): Rejection | undefined {
    return this.#rejections.get(flag);
  }
}
