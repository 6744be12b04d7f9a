import { SourceError } from '@flagz/core';
import { asRecord, asText, kindOf, shown } from './wire.ts';

/** Is the answer to a list, which was limited to one name. */
export interface ConfigMapList {
  readonly revision: string | undefined;
  /** Is the ConfigMap; `undefined` where there is none. */
  readonly item: unknown;
}

/** Reads the answer to a list. @throws {SourceError} when it is something else. */
export function parseList(body: Uint8Array): ConfigMapList {
  const { kind, metadata, items } = asRecord(parse(decode(body)));
  if (kind !== 'ConfigMapList') {
    const got = typeof kind === 'string' ? JSON.stringify(kind.slice(0, 40)) : shown(kind);
    throw new SourceError(`the API server answered with ${got} where a ConfigMapList was asked for`);
  }
  return { revision: asText(asRecord(metadata)['resourceVersion']), item: onlyOne(items) };
}

/** What is no UTF-8 is refused: some of it would be other values than those that were sent. */
function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new SourceError(`the API server answered with ${body.length} bytes that are not UTF-8`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold values of sensitive flags.
    throw new SourceError(`the API server answered with ${text.length} characters that are not JSON`);
  }
}

function onlyOne(items: unknown): unknown {
  // A server in Go writes a list of nothing as null.
  if (items === null) return undefined;
  if (!Array.isArray(items))
    throw new SourceError(`the API server sent a ConfigMapList whose items are ${kindOf(items)}`);
  if (items.length > 1) throw new SourceError(`the API server sent ${items.length} ConfigMaps where one was asked for`);
  return (items as unknown[])[0];
}
