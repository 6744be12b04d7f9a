import type { ChangeOrigin, RawBytes } from '@flagz/core';
import { sameRaw } from '../raw-content.ts';
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
  readonly values: ReadonlyMap<string, RawBytes>;
  readonly writers: readonly Writer[];
}

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
 * Finds who wrote each key that differs between two versions of a ConfigMap: whose entry has it, for a change of a value
 * takes the key from everybody else. See https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
 *
 * Nobody is named where that is not clear.
 *
 * @param before is what was told last; nothing before the first load.
 */
export function originsOf(now: Written, before: Written | undefined): ReadonlyMap<string, ChangeOrigin> {
  const origins = new Map<string, ChangeOrigin>();
  const newer = before && latest(newerThan(before, now.writers));
  for (const key of changedKeys(now.values, before?.values)) {
    const holders = now.writers.filter(({ fields }) => holds(fields, key));
    // Nobody holds a key that is gone: who took it away is clear where nobody else has written meanwhile.
    const origin = holders.length > 0 ? latest(holders) : newer;
    if (origin) origins.set(key, origin);
  }
  return origins;
}

function newerThan({ writers }: Written, now: readonly Writer[]): readonly Writer[] {
  const known = new Map(writers.map(({ id, writtenAt }) => [id, writtenAt]));
  return now.filter(({ id, writtenAt }) => writtenAt > (known.get(id) ?? -Infinity));
}

/** Gives the keys that differ; where none does, all of them: it is somebody's first load. */
function changedKeys(now: Written['values'], before: Written['values'] = new Map()): Iterable<string> {
  const keys = new Set([...now.keys(), ...before.keys()]);
  const changed = [...keys].filter((key) => !same(now.get(key), before.get(key)));
  return changed.length > 0 ? changed : keys;
}

function same(left: RawBytes | undefined, right: RawBytes | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && sameRaw(left, right));
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
