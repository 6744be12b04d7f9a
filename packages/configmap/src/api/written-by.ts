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

/** Is what {@link originOf} compares. */
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
 * Finds who wrote what differs between two versions of a ConfigMap: whose entry has the keys, for a change of a value takes
 * the key from everybody else. See https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
 *
 * A batch has one origin: where several wrote, whoever wrote last. Nobody is named where that is not clear.
 *
 * @param before is what was told last; nothing before the first load.
 */
export function originOf(now: Written, before: Written | undefined): ChangeOrigin | undefined {
  const owners = new Set<Writer>();
  for (const key of changedKeys(now.values, before?.values)) {
    const holders = now.writers.filter(({ fields }) => holds(fields, key));
    // Server-side apply lets several hold a key with the same value: which of them changed it is not told.
    if (oneActor(holders)) for (const holder of holders) owners.add(holder);
  }
  if (owners.size > 0) return latest([...owners]);
  if (!before) return undefined;
  // Nobody holds a key that is gone. Whoever took it away may have written something else besides.
  const known = new Map(before.writers.map(({ id, writtenAt }) => [id, writtenAt]));
  const since = now.writers.filter(({ id, writtenAt }) => writtenAt > (known.get(id) ?? -Infinity));
  return oneActor(since) ? latest(since) : undefined;
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

function oneActor(writers: readonly Writer[]): boolean {
  return writers.every(({ actor }) => actor === writers[0]?.actor);
}

function latest(writers: readonly Writer[]): ChangeOrigin | undefined {
  const writtenAt = writers.reduce((latestYet, writer) => Math.max(latestYet, writer.writtenAt), -Infinity);
  const last = writers.filter((writer) => writer.writtenAt === writtenAt);
  const [first] = last;
  return first && oneActor(last) ? { actor: first.actor, writtenAt } : undefined;
}
