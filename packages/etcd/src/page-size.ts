import type { IRangeResponse } from 'etcd3';

/** How long a page should take besides what any answer takes, in milliseconds. */
const PAGE_MS = 500;
/** A slower link gets no smaller pages, unless one came too late: each costs the server a walk through the index. */
const SMALLEST_BYTES = 200_000;
/** Less than what gRPC's servers and clients in other languages take for too much, unless they are told otherwise. */
const LARGEST_BYTES = 4_000_000;
/** What a key takes besides its name and its value, at most. */
const KEY_BYTES = 50;
/** How many keys are asked for while nobody knows how large they are. */
const FIRST_KEYS = 500;
const MOST_KEYS = 10_000;

/**
 * Chooses how many keys a page has: more where the link is quick, fewer after pages that were refused for their size or came
 * too late. Kept from one load to the next, since a page that is too late ends its load.
 */
export class PageSize {
  /** How large a page may be, after what was refused or late. */
  #most = LARGEST_BYTES;
  #firstKeys = FIRST_KEYS;
  #size = LARGEST_BYTES;
  #latencyMs = 0;
  #keys = 0;
  #bytes = 0;

  /** Begins a load. @param latencyMs how long an answer takes that is next to nothing. */
  begin(latencyMs: number): void {
    this.#latencyMs = latencyMs;
    this.#keys = 0;
    this.#bytes = 0;
  }

  /** How many keys the next page should have. */
  get keys(): number {
    if (this.#keys === 0) return this.#firstKeys;
    const size = Math.min(this.#size, this.#most);
    return Math.max(1, Math.min(MOST_KEYS, Math.floor((size * this.#keys) / this.#bytes)));
  }

  /** Takes note of a page that has come. */
  came({ kvs }: IRangeResponse, ms: number): void {
    const bytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length + KEY_BYTES, 0);
    this.#keys += kvs.length;
    this.#bytes += bytes;
    const perMs = bytes / Math.max(1, ms - this.#latencyMs);
    this.#size = Math.max(SMALLEST_BYTES, Math.min(LARGEST_BYTES, perMs * PAGE_MS));
    this.#most = Math.min(LARGEST_BYTES, this.#most * 1.25);
  }

  /** Takes note of a page that was refused for its size. @returns how many keys to ask for instead. */
  refused(keys: number): number {
    this.#most = Math.min(this.#most, this.#size) / 2;
    return Math.ceil(keys / 2);
  }

  /** Takes note of a page that did not come in time. */
  late(): void {
    this.#most = Math.max(1, Math.min(this.#most, this.#size) / 4);
    this.#firstKeys = Math.max(1, Math.floor(this.#firstKeys / 4));
  }

  /** Takes note that all has come. */
  done(): void {
    this.#firstKeys = Math.min(FIRST_KEYS, this.#firstKeys * 4);
  }
}
