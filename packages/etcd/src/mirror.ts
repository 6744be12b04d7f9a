import { isAscii, isUtf8 } from 'node:buffer';
import type { RawBytes } from '@flagz/core';
import type { IKeyValue } from 'etcd3';

/** Is one key as etcd holds it. */
export interface Entry {
  readonly value: Uint8Array;
  readonly modRevision: bigint;
}

/** Leases by the very value, since what is put back is the very value that was accepted; most have none, and are left out. */
const leases = new WeakMap<Uint8Array, string>();

const NO_LEASE = '0';

/** Gives the lease that a value was read with. */
export function leaseOf(value: Uint8Array): string {
  return leases.get(value) ?? NO_LEASE;
}

/** Holds what is under a prefix, by flag name, at one revision. */
export type Mirror = Map<string, Entry>;

/** Is everything under a prefix at one revision of one cluster. */
export interface Picture {
  readonly mirror: Mirror;
  revision: bigint;
  readonly clusterId: string;
  /** How often the cluster had elected a leader when it was heard last. */
  term: string;
}

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

/** Begins the name of a key that is written as its bytes. */
const BYTES = 'bytes:';

/**
 * Names a key without its prefix. Keys that are not UTF-8 are no flag's; they are written so that people can tell them
 * apart, and so is a text that looks like one of these: no two keys have one name.
 */
export function nameOf({ key: prefix }: KeyRange, key: Buffer): string {
  try {
    // All names of flags are ASCII, which is read in a fraction of the time.
    const text = isAscii(key) ? key.toString('latin1', prefix.length) : utf8.decode(key.subarray(prefix.length));
    if (!text.startsWith(BYTES)) return text;
  } catch {
    // Not UTF-8.
  }
  return `${BYTES}${key.toString('hex', prefix.length)}`;
}

/** Gives the key of a flag. */
export function keyOf({ key: prefix }: KeyRange, name: string): Buffer {
  return Buffer.concat([
    prefix,
    name.startsWith(BYTES) ? Buffer.from(name.slice(BYTES.length), 'hex') : Buffer.from(name),
  ]);
}

/** Makes an entry of what a first load has read: a view of the page that was received, since nearly all of it is kept. */
export function firstEntryOf({ value, mod_revision, lease }: IKeyValue): Entry {
  return makeEntry(new Uint8Array(value.buffer, value.byteOffset, value.length), BigInt(mod_revision), lease);
}

/**
 * Makes an entry of what a later load has read, or keeps the known one where it is the same: the flag set recognises a
 * value, or a refusal, by the very object, and neither parses nor announces it again.
 */
export function entryOf(kv: IKeyValue, known: Entry | undefined): Entry {
  const { value, mod_revision, lease } = kv;
  // Bytes and lease too: a cluster whose data were wiped counts its revisions anew.
  const isSameRevision = known?.modRevision === BigInt(mod_revision);
  if (isSameRevision && value.equals(known.value) && lease === leaseOf(known.value)) return known;
  return changedEntryOf(kv);
}

/**
 * Makes an entry of what has changed: a copy, since one value would keep all that was received with it. What is text is
 * decoded here, once for all flag sets.
 */
export function changedEntryOf({ value, mod_revision, lease }: IKeyValue): Entry {
  return makeEntry(withText(new Uint8Array(value)), BigInt(mod_revision), lease);
}

function withText(bytes: Uint8Array): RawBytes {
  return isUtf8(bytes) ? Object.assign(bytes, { text: utf8.decode(bytes) }) : bytes;
}

function makeEntry(value: Uint8Array, modRevision: bigint, lease: string): Entry {
  if (lease !== NO_LEASE) leases.set(value, lease);
  return { value, modRevision };
}

/** Gives the mirror as the values of a batch. */
export function* valuesOf(mirror: Mirror): Iterable<readonly [string, Uint8Array]> {
  for (const [name, { value }] of mirror) yield [name, value];
}

/** Compares two values, or their absence. */
export function isSame(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && Buffer.compare(left, right) === 0);
}
