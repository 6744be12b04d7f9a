import { SourceError } from '@flagz/core';
import { asRecord, asText, shown } from './wire.ts';

/** Is the answer to a list. */
export interface ConfigMapList {
  readonly revision: string | undefined;
  readonly items: readonly unknown[];
}

/** Reads the answer to a list. @throws {SourceError} when it is something else. */
export function parseList(body: string): ConfigMapList {
  let list: Readonly<Record<string, unknown>>;
  try {
    list = asRecord(JSON.parse(body));
  } catch {
    // The parser's message quotes the text, which may hold values of sensitive flags.
    throw new SourceError(`the API server answered with ${body.length} characters that are not JSON`);
  }
  const { kind, metadata, items } = list;
  if (kind === 'ConfigMapList') {
    const revision = asText(asRecord(metadata)['resourceVersion']);
    return { revision, items: Array.isArray(items) ? (items as unknown[]) : [] };
  }
  const got = typeof kind === 'string' ? JSON.stringify(kind.slice(0, 40)) : shown(kind);
  throw new SourceError(`the API server answered with ${got} where a ConfigMapList was asked for`);
}
