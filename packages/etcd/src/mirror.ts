import type { IKeyValue } from 'etcd3';

/** Is one key as etcd holds it. */
export interface Entry {
  readonly value: Uint8Array;
  readonly modRevision: bigint;
  readonly lease: string;
}

/** Holds what is under a prefix, by flag name, at one revision. */
export type Mirror = Map<string, Entry>;

/** Says which keys are under a prefix. */
export interface KeyRange {
  readonly prefix: string;
  readonly key: Buffer;
  readonly range_end: Buffer;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Gives the range of a prefix that ends in `/`: its end is the same text with the byte after `/`. */
export function rangeOf(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  const range_end = Buffer.from(key);
  range_end[range_end.length - 1] = '/'.charCodeAt(0) + 1;
  return { prefix, key, range_end };
}

/** Names a key without its prefix. Keys that are not UTF-8 are no flag's; they are written so that people can tell them apart. */
export function nameOf({ key: prefix }: KeyRange, key: Buffer): string {
  const name = key.subarray(prefix.length);
  try {
    return utf8.decode(name);
  } catch {
    return `bytes:${name.toString('hex')}`;
  }
}

/** Gives the key of a flag. */
export function keyOf({ key: prefix }: KeyRange, name: string): Buffer {
  return Buffer.concat([prefix, name.startsWith('bytes:') ? Buffer.from(name.slice(6), 'hex') : Buffer.from(name)]);
}

/**
 * Makes an entry of what a load has read, or keeps the known one where it is the same: the flag set recognises a value,
 * or a refusal, by the very object, and neither parses nor announces it again.
 */
export function entryOf({ value, mod_revision, lease }: IKeyValue, known: Entry | undefined): Entry {
  const modRevision = BigInt(mod_revision);
  // The bytes too: a cluster whose data were wiped counts its revisions anew.
  if (known?.modRevision === modRevision && value.equals(known.value)) return known;
  // A view of the page that was received: nearly all of it is kept.
  return { value: new Uint8Array(value.buffer, value.byteOffset, value.length), modRevision, lease };
}

/** Makes an entry of what a watch has brought: a copy, since one value would keep all that was received with it. */
export function changedEntryOf({ value, mod_revision, lease }: IKeyValue): Entry {
  return { value: new Uint8Array(value), modRevision: BigInt(mod_revision), lease };
}

/** Gives the mirror as the values of a batch. */
export function* valuesOf(mirror: Mirror): Iterable<readonly [string, Uint8Array]> {
  for (const [name, { value }] of mirror) yield [name, value];
}
