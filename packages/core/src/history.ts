import type { FlagChange } from './events.ts';

const LONGEST_TEXT = 1024;

/** Keeps the latest changes, oldest first: a bounded ring, whose texts are cut so that large values cannot fill the memory. */
export class History {
  readonly #size: number;
  readonly #ring: FlagChange[] = [];
  #oldest = 0;

  constructor(size: number) {
    this.#size = Math.max(0, size);
  }

  add(change: FlagChange): void {
    if (this.#size === 0) return;
    const kept = shorten(change);
    if (this.#ring.length < this.#size) {
      this.#ring.push(kept);
    } else {
      this.#ring[this.#oldest] = kept;
      this.#oldest = (this.#oldest + 1) % this.#size;
    }
  }

  list(): readonly FlagChange[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)].map((change) =>
      Object.freeze(change),
    );
  }
}

function shorten(change: FlagChange): FlagChange {
  const previous = cut(change.previous);
  const next = cut(change.next);
  return previous === change.previous && next === change.next ? change : { ...change, previous, next };
}

function cut(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  // Through JSON, which copies: V8's slices keep the whole text that they were cut from in memory.
  const start = JSON.parse(JSON.stringify(text.slice(0, LONGEST_TEXT))) as string;
  return `${start}… (${text.length} characters)`;
}
