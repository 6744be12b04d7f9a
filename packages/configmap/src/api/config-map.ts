import { type RawBytes, SourceError } from '@flagz/core';
import { rawContent, sameRaw } from '../raw-content.ts';
import { asRecord, asText, shown } from './wire.ts';
import { type Writer, readWriters } from './written-by.ts';

/** Is one version of a ConfigMap, as flags see it. */
export interface ConfigMapVersion {
  readonly values: ReadonlyMap<string, RawBytes>;
  readonly revision: string | undefined;
  readonly writers: readonly Writer[];
}

/** Is a ConfigMap that is not there. */
export function absent(revision: string | undefined): ConfigMapVersion {
  return { values: new Map(), revision, writers: [] };
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
  return { values, revision: asText(resourceVersion), writers: readWriters(managedFields) };
}
