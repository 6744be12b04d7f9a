import { type RawBytes, SourceError } from '@flagz/core';
import { rawContent, sameRaw } from '../raw-content.ts';
import { asRecord, asText, kindOf, shown } from './wire.ts';
import { type Origins, type Seen, type Written, originsOf, readWriters } from './written-by.ts';

/** Is one version of a ConfigMap, as flags see it. */
export interface ConfigMapVersion extends Written {
  readonly revision: string | undefined;
  readonly origins: Origins;
}

/** Is a ConfigMap that is not there. */
export function absent(revision: string | undefined): ConfigMapVersion {
  return { values: new Map(), revision, uid: undefined, writers: [], origins: new Map() };
}

/** Says which ConfigMap was asked for. */
export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads a ConfigMap as the API server sends it.
 *
 * The rules are those of the mount, whose files are the same bytes: `kubectl create --from-file` puts into `data` what is
 * UTF-8, and into `binaryData` what is not, whatever either is meant to be. Names with a dot in front are left out.
 *
 * @param before gives equal bytes their identity, by which core knows that nothing changed, and tells who wrote them.
 * @throws {SourceError} when it is another object, or none that a ConfigMap can be.
 */
export function readConfigMap(
  object: unknown,
  expected: ConfigMapName,
  before: ConfigMapVersion | undefined,
  seen: Seen = 'listed',
): ConfigMapVersion {
  const { resourceVersion, uid, managedFields } = metadataOf(object, expected);
  const { data, binaryData } = asRecord(object);
  const values = new Map<string, RawBytes>();
  for (const [key, bytes] of [...readField('data', data, textOf), ...readField('binaryData', binaryData, bytesOf)]) {
    if (key.startsWith('.')) continue;
    const known = before?.values.get(key);
    values.set(key, known && sameRaw(known, bytes) ? known : rawContent(bytes));
  }
  const written = { values, uid: asText(uid), writers: readWriters(managedFields) };
  return { ...written, revision: asText(resourceVersion), origins: originsOf(written, before, seen) };
}

/** Reads the last version of a ConfigMap that was deleted. @throws {SourceError} when it is another object. */
export function readDeleted(object: unknown, expected: ConfigMapName): ConfigMapVersion {
  return absent(asText(metadataOf(object, expected)['resourceVersion']));
}

function metadataOf(object: unknown, expected: ConfigMapName): Readonly<Record<string, unknown>> {
  const { metadata, kind = 'ConfigMap' } = asRecord(object);
  const fields = asRecord(metadata);
  const { name, namespace } = fields;
  if (kind === 'ConfigMap' && name === expected.name && namespace === expected.namespace) return fields;
  const got = `${shown(kind)} ${JSON.stringify(`${shown(namespace)}/${shown(name)}`)}`;
  throw new SourceError(`the API server sent another object than was asked for: ${got}`);
}

/** Reads all of a field or nothing: what is left out of a version counts as taken away. */
function readField(
  field: string,
  entries: unknown,
  read: (value: unknown) => Buffer | undefined,
): readonly (readonly [key: string, bytes: Buffer])[] {
  if (entries === undefined || entries === null) return [];
  if (typeof entries !== 'object' || Array.isArray(entries))
    throw new SourceError(`the API server sent a ConfigMap whose ${field} is ${kindOf(entries)}`);
  return Object.entries(entries).map(([key, value]: readonly [string, unknown]) => {
    const bytes = read(value);
    if (bytes) return [key, bytes];
    const got = typeof value === 'string' ? 'no base64' : kindOf(value);
    throw new SourceError(`the API server sent a ConfigMap whose ${field}[${JSON.stringify(shown(key))}] is ${got}`);
  });
}

function textOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value) : undefined;
}

/** Node skips what is no base64. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value ? bytes : undefined;
}
