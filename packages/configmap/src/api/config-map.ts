import type { ChangeOrigin, RawValue } from '@flagz/core';
import { SourceError } from '@flagz/core';

/** Is one version of a ConfigMap, as flags see it. */
export interface ConfigMapVersion {
  readonly values: ReadonlyMap<string, RawValue>;
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
 * The rules for keys are those of the mount: a text without the one newline at its end, names with a dot in front left out.
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
    const got = `${String(kind)} ${JSON.stringify(`${String(namespace)}/${String(name)}`)}`;
    throw new SourceError(`the API server sent another object than was asked for: ${got}`);
  }
  const values = new Map<string, RawValue>();
  for (const [key, value] of Object.entries(asRecord(data))) {
    if (typeof value === 'string' && !key.startsWith('.')) values.set(key, withoutNewline(value));
  }
  for (const [key, value] of Object.entries(asRecord(binaryData))) {
    if (typeof value !== 'string' || key.startsWith('.')) continue;
    const bytes = new Uint8Array(Buffer.from(value, 'base64'));
    const known = before?.values.get(key);
    values.set(key, known instanceof Uint8Array && Buffer.compare(known, bytes) === 0 ? known : bytes);
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

function withoutNewline(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
