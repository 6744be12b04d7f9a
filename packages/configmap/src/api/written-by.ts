import type { ChangeOrigin, RawBytes } from '@flagz/core';
import { asRecord, asText } from './wire.ts';

/** Is one writer's part of an object: an entry of `metadata.managedFields`. */
export interface Writer {
  /** Tells a writer's entries apart. */
  readonly id: string;
  readonly actor: string;
  /** By the clock of the API server, in whole seconds; as milliseconds since the epoch. */
  readonly writtenAt: number;
  /** The fields that it wrote last, `f:data` among them. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Is what {@link originsOf} compares. */
export interface Written {
  /** Equal bytes are the same ones as in the version before. */
  readonly values: ReadonlyMap<string, RawBytes>;
  readonly writers: readonly Writer[];
  /** Tells an object from one that was deleted and had its name. */
  readonly uid: string | undefined;
}

/** Is who wrote each key, and when. */
export type Origins = ReadonlyMap<string, ChangeOrigin>;

/** Says where a version was seen: between two that a watch shows there is no other, before what a list shows there may be. */
export type Seen = 'listed' | 'watched';

/** Reads `metadata.managedFields`, as far as it is given. */
export function readWriters(managedFields: unknown): readonly Writer[] {
  const writers: Writer[] = [];
  for (const entry of Array.isArray(managedFields) ? (managedFields as unknown[]) : []) {
    const { manager, operation, subresource, time, fieldsV1 } = asRecord(entry);
    const writtenAt = Date.parse(asText(time) ?? '');
    if (typeof manager !== 'string' || Number.isNaN(writtenAt)) continue;
    const id = JSON.stringify([manager, asText(operation), asText(subresource)]);
    writers.push({ id, actor: manager, writtenAt, fields: asRecord(fieldsV1) });
  }
  return writers;
}

/**
 * Finds who wrote each key of a ConfigMap: of one that has changed whoever holds it now, for a change of a value takes the
 * key from everybody else; of the others whoever was known. And who took away what is gone since.
 *
 * Nobody is named where that is not clear. See
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
 *
 * @param last is the version that was seen last; nothing before the first load.
 */
export function originsOf(
  now: Written,
  last: (Written & { readonly origins: Origins }) | undefined,
  seen: Seen,
): Origins {
  const before = last?.uid === now.uid ? last : undefined;
  const origins = new Map<string, ChangeOrigin>();
  const holders = new Set<Writer>();
  const unheld = [...(before?.values.keys() ?? [])].filter((key) => !now.values.has(key));
  for (const [key, value] of now.values) {
    const changed = before?.values.get(key) !== value;
    const its = changed ? now.writers.filter(({ fields }) => holds(fields, key)) : [];
    const origin = changed ? latest(its) : before?.origins.get(key);
    if (origin) origins.set(key, origin);
    if (changed && its.length === 0) unheld.push(key);
    for (const holder of its) holders.add(holder);
  }
  if (!before || seen === 'listed') return origins;
  // One has written: whoever holds what has changed, or left nothing but a newer entry.
  const writer = latest(holders.size > 0 ? [...holders] : newerThan(before, now.writers));
  if (writer) for (const key of unheld) origins.set(key, writer);
  return origins;
}

function newerThan({ writers }: Written, now: readonly Writer[]): readonly Writer[] {
  const known = new Map(writers.map(({ id, writtenAt }) => [id, writtenAt]));
  return now.filter(({ id, writtenAt }) => writtenAt > (known.get(id) ?? -Infinity));
}

function holds(fields: Writer['fields'], key: string): boolean {
  const field = `f:${key}`;
  return Object.hasOwn(asRecord(fields['f:data']), field) || Object.hasOwn(asRecord(fields['f:binaryData']), field);
}

/** Gives the one who wrote, and when last; nobody, where several did: server-side apply lets several hold a key. */
function latest([first, ...others]: readonly Writer[]): ChangeOrigin | undefined {
  if (!first || others.some(({ actor }) => actor !== first.actor)) return undefined;
  return { actor: first.actor, writtenAt: Math.max(first.writtenAt, ...others.map(({ writtenAt }) => writtenAt)) };
}
