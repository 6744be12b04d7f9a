import type { FlagType } from './flag-type.ts';
import { ofKind, refuse } from './refuse.ts';

/** One field of a CSV record and what ends it: a comma, the end of the line or of the text. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\n]*))(,|\n|$)/gy;

/**
 * Reads one CSV record as a frozen list: `a,b`, `"a,b",c`, `""` for the one empty string; the empty text is the
 * empty list.
 *
 * The grammar is that of Go's {@link https://pkg.go.dev/encoding/csv | encoding/csv}, which is RFC 4180 where spaces
 * belong to a field. A second record is refused instead of dropped. Writes fields with quotes where they need them.
 *
 * @example
 * const peers = flags.dynamic('peers', stringSlice, ['a:80', 'b:80'], 'Addresses of the other instances.');
 */
export const stringSlice: FlagType<readonly string[]> = {
  name: 'stringSlice',
  parse: (text) => Object.freeze(parseRecord(text.trim())),
  format: (values) => formatRecord(fieldsOf(values)),
};

/**
 * Reads one CSV record as a read-only set, with the grammar of {@link stringSlice}; duplicates count once.
 *
 * Iterates and writes its elements in the order of their UTF-16 code units, so equal sets give equal texts.
 * `add`, `delete` and `clear` throw a TypeError.
 *
 * @example
 * const features = flags.dynamic('enabled_features', stringSet, new Set(['fast_index']), 'Features that are on.');
 */
export const stringSet: FlagType<ReadonlySet<string>> = {
  name: 'stringSet',
  parse(text) {
    const set = new Set(parseRecord(text.trim()).sort());
    // Not enumerable and not a subclass, so that a deep comparison sees a plain set.
    for (const name of ['add', 'delete', 'clear']) Object.defineProperty(set, name, { value: refuseChange });
    return Object.freeze(set);
  },
  format: (values) => formatRecord(fieldsOf(values).sort()),
};

function refuseChange(): never {
  throw new TypeError('a value of a flag cannot be changed: set the flag instead');
}

function parseRecord(text: string): string[] {
  const fields: string[] = [];
  if (text === '') return fields;
  // Go drops the carriage return of each line end, also between quotes.
  for (const [, quoted, plain = '', end] of text.replaceAll('\r\n', '\n').matchAll(FIELD)) {
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') refuse('expected one CSV record, found a second line');
    if (end === '') return fields;
  }
  return refuse('expected one CSV record, found a quote that is not paired');
}

function fieldsOf(values: Iterable<string>): string[] {
  // A string is iterable, too, but nobody means a list of its letters.
  if (typeof values !== 'object' || typeof values?.[Symbol.iterator] !== 'function')
    throw new TypeError('expected a list of strings');
  return [...values].map((value) => ofKind('string', value));
}

function formatRecord(fields: string[]): string {
  return fields.length === 1 && fields[0] === '' ? '""' : fields.map(formatField).join();
}

function formatField(field: string): string {
  if (field === field.trim() && !/[",\r\n]/.test(field)) return field;
  // Of the two carriage returns, reading drops one.
  return `"${field.replaceAll('"', '""').replaceAll('\r\n', '\r\r\n')}"`;
}
