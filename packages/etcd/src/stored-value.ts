import { isAscii, isUtf8 } from 'node:buffer';
import type { RawBytes } from '@flagz/core';
import type { IKeyValue } from 'etcd3';

/** What etcd says of a key that has no lease. */
const NO_LEASE = '0';
/** Shorter texts are had as quickly by themselves, and keep nothing else in memory. */
const SHORTEST_SLICE = 256;
/** Once this part of a page's values was asked for one by one, the others will be, too. */
const MOST_ALONE = 1 / 8;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Is the memory that a page was received in, and its text once many of its values were asked for theirs. */
export class Page {
  readonly #memory: ArrayBufferLike | undefined;
  #alone: number;
  #text: string | undefined;

  constructor({ kvs }: { readonly kvs: readonly IKeyValue[] }) {
    this.#memory = kvs[0]?.value.buffer;
    this.#alone = kvs.length * MOST_ALONE;
  }

  /** Gives the text of ASCII bytes: a slice of the page's, where thousands of long ones take several times as long alone. */
  textOf({ buffer, byteOffset, length }: Uint8Array): string {
    const isAlone = length < SHORTEST_SLICE || buffer !== this.#memory || this.#alone-- > 0;
    if (isAlone) return Buffer.from(buffer, byteOffset, length).toString('latin1');
    this.#text ??= Buffer.from(buffer).toString('latin1');
    return this.#text.slice(byteOffset, byteOffset + length);
  }
}

/**
 * Is what a key holds, as etcd has it: plain bytes to whoever gets them. The very object stands for it: what is put back is
 * the value that was accepted, with its lease, and a flag set that has read it once does not read it again.
 */
export class StoredValue extends Uint8Array implements RawBytes {
  readonly #modRevision: bigint;
  readonly #lease: string;
  readonly #page: Page | undefined;
  #text: string | undefined;

  static {
    // What others make of it, a part, a copy or an empty one, is plain bytes.
    Object.defineProperty(this.prototype, 'constructor', { value: Uint8Array });
  }

  /** @param page of which it becomes a view: it keeps the page in memory, and its text that of the page. By default it is a copy. */
  constructor({ value, mod_revision, lease }: IKeyValue, page?: Page) {
    const { buffer, byteOffset, length } = page ? value : new Uint8Array(value);
    super(buffer as ArrayBuffer, byteOffset, length);
    this.#modRevision = BigInt(mod_revision);
    // One text for all that have none.
    this.#lease = lease === NO_LEASE ? NO_LEASE : lease;
    this.#page = page;
  }

  get modRevision(): bigint {
    return this.#modRevision;
  }

  get lease(): string {
    return this.#lease;
  }

  /** Its text, decoded once for all flag sets; none where it is not UTF-8. */
  get text(): string | undefined {
    if (this.#text !== undefined || !isUtf8(this)) return this.#text;
    this.#text = this.#page && isAscii(this) ? this.#page.textOf(this) : utf8.decode(this);
    return this.#text;
  }

  /** Tells whether it is what was read: bytes and lease too, since a cluster whose data were wiped counts its revisions anew. */
  isSameAs({ value, mod_revision, lease }: IKeyValue): boolean {
    return this.#modRevision === BigInt(mod_revision) && value.equals(this) && lease === this.#lease;
  }
}

/** Gives the lease that a value was read with. */
export function leaseOf(value: Uint8Array): string {
  return value instanceof StoredValue ? value.lease : NO_LEASE;
}

/** Compares two values, or their absence. */
export function isSame(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && Buffer.compare(left, right) === 0);
}
