import type { FlagEvent, FlagSet, Rejection } from '@flagz/core';

/** Is what a row shows of a flag and no event may tell: a layer can take over with an equal value. */
interface Winner {
  readonly source: string;
  readonly text: string;
}

/**
 * Remembers what the flag set itself does not: which flags something was said about, and what was refused of them last.
 *
 * One number, the sequence, stands for all that the handler shows except times: it grows when any of it changes.
 */
export class Recent {
  readonly #flags: FlagSet;
  readonly #besides: () => unknown;
  readonly #touched = new Map<string, number>();
  readonly #rejections = new Map<string, Rejection>();
  readonly #winners = new Map<string, Winner>();
  #sequence = 0;
  #seen = '';
  #compared = '';

  /** @param besides gives what is shown and lies outside of the flag set; compared as JSON. */
  constructor(flags: FlagSet, besides: () => unknown) {
    this.#flags = flags;
    this.#besides = besides;
    this.look();
  }

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

  /**
   * Takes in what no event tells, such as a flag that was declared, or a source that starts again.
   *
   * @returns the sequence. Cheap where nothing has changed: no flag is shown for it.
   */
  look(): number {
    const watchers = this.#flags.watchers.map(({ status }) => {
      const { source, state, restarts, revision, lastError, rejected, unknown } = status;
      return [source, state, restarts, revision, lastError?.message, rejected.length, unknown.length];
    });
    const { version } = this.#flags;
    let count = 0;
    for (const _ of this.#flags) count++;
    const values = `${version}-${count}`;
    const seen = JSON.stringify([values, watchers, this.#besides()]);
    if (seen === this.#seen) return this.#sequence;
    this.#seen = seen;
    this.#sequence++;
    if (values !== this.#compared) this.#compare();
    this.#compared = values;
    return this.#sequence;
  }

  /** Names the flags that something was said about after an event. */
  since(sequence: number): string[] {
    return [...this.#touched].flatMap(([flag, touched]) => (touched > sequence ? [flag] : []));
  }

  rejection(flag: string): Rejection | undefined {
    return this.#rejections.get(flag);
  }

  #compare(): void {
    const first = this.#compared === '';
    for (const { name, source, text } of this.#flags) {
      const known = this.#winners.get(name);
      if (known?.source === source && known.text === text) continue;
      this.#winners.set(name, { source, text });
      if (!first) this.touch(name);
    }
  }
}
