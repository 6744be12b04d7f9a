import { type ChangeOrigin, type RawBytes, SourceError } from '@flagz/core';
import { rawContent, sameRaw } from '../raw-content.ts';

/** As much of a field as a message shows, in characters: an API server's own are shorter. */
const LONGEST_SHOWN = 1_000;

/** Is one version of a ConfigMap, as flags see it. */
export interface ConfigMapVersion {
  readonly values: ReadonlyMap<string, RawBytes>;
  readonly revision: string | undefined;
  readonly origin: ChangeOrigin | undefined;
}

/** Is a ConfigMap that is not there. */
export function absent(revision: string | undefined): ConfigMapVersion {
  return { values: new Map(), revision, origin: undefined };
}

/**
 * Reads a ConfigMap as the API server sends it.
 *
 * The rules are those of the mount, whose files are the same bytes: `kubectl create --from-file` puts into `data` what is
 * UTF-8, and into `binaryData` what is not, whatever either is meant to be. Names with a dot in front are left out.
 *
 * @param before gives equal bytes their identity, by which core knows that nothing changed.
 * @throws {SourceError} when it is another object.
 */
export function readConfigMap(
  object: unknown,
  expected: { namespace: string; name: string },
  before: ConfigMapVersion | undefined,
): ConfigMapVersion {
  const { metadata, data, binaryData, kind = 'ConfigMap' } = asRecord(object);
  const { name, namespace, resourceVersion, managedFields } = asRecord(metadata);
  if (kind !== 'ConfigMap' || name !== expected.name || namespace !== expected.namespace) {
    const got = `${shown(kind)} ${JSON.stringify(`${shown(namespace)}/${shown(name)}`)}`;
    throw new SourceError(`the API server sent another object than was asked for: ${got}`);
  }
  const values = new Map<string, RawBytes>();
  for (const [fields, encoding] of [
    [data, 'utf8'],
    [binaryData, 'base64'],
  ] as const) {
    for (const [key, value] of Object.entries(asRecord(fields))) {
      if (typeof value !== 'string' || key.startsWith('.')) continue;
      const bytes = Buffer.from(value, encoding);
      const known = before?.values.get(key);
      values.set(key, known && sameRaw(known, bytes) ? known : rawContent(bytes));
    }
  }
  return { values, revision: asText(resourceVersion), origin: originOf(managedFields) };
}

/** Gives a field of an object that came over the wire; `{}` for what is none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Gives a text that came over the wire. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Shows a field that came over the wire, as far as a message can use it; nothing in it is asked how it wants to be shown. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LONGEST_SHOWN);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Finds who wrote values last; who only changed labels does not count. See the field management of server-side apply. */
function originOf(managedFields: unknown): ChangeOrigin | undefined {
  let last: { readonly actor: string; readonly writtenAt: number } | undefined;
  for (const entry of Array.isArray(managedFields) ? (managedFields as unknown[]) : []) {
    const { manager, time, fieldsV1 } = asRecord(entry);
    const fields = asRecord(fieldsV1);
    if (!('f:data' in fields) && !('f:binaryData' in fields)) continue;
    const writtenAt = Date.parse(asText(time) ?? '');
    if (typeof manager !== 'string' || Number.isNaN(writtenAt)) continue;
    if (!last || writtenAt >= last.writtenAt) last = { actor: manager, writtenAt };
  }
  return last;
}
