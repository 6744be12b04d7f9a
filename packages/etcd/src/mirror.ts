import { isAscii } from 'node:buffer';
import type { StoredValue } from './stored-value.ts';

/** Holds what is under a prefix, by flag name, at one revision. */
export type Mirror = Map<string, StoredValue>;

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
