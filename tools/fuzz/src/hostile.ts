import { assert } from '@flagz/test-runner';
import fc from 'fast-check';

/** What grammars, JSON readers, prototypes and terminals stumble over. */
const PIECES = [
  '{', '}', '[', ']', '"', ',', ':', '\\', '\\u', '\\ud800', '\n', '\r', '\t', '\0', '\u001b[2J', '\ufeff', '\u00a0', '\u2028',
  '\ud800', '\udfff', '😀', '0', '1', '9', '-', '+', '.', 'e', 'E', '_', '0x', '0b', '0o', 'p', 'Inf', 'NaN', 'null', 'true', 'h',
  'ms', 'µs', '1e999', '-0', '9223372036854775808', '99999999999999999999', '__proto__', 'constructor', 'prototype', 'toString',
  '"__proto__":', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', 'base64:', 'AAAA', '=', '%', '<',
  '$(id)', '../', '@type', 'type.googleapis.com/',
]; // prettier-ignore

const wild = fc.string({ unit: 'binary' });
const known = fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', 'kids', 'tree', 'any', 'numbers', 'raw');
const member = fc.oneof(known, wild);

/** Makes text that a bad day, a bad tool or a bad person may write. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.tuple(fc.constantFrom(...PIECES), fc.integer({ min: 1, max: 3_000 })).map(([piece, times]) => piece.repeat(times)),
  fc.anything({ key: member, maxDepth: 5, values: [wild, fc.double(), fc.boolean(), fc.constant(null)] }).map(jsonOf),
  fc.uint8Array().map((bytes) => `base64:${Buffer.from(bytes).toString('base64')}`),
);

/** Makes bytes: noise, and hostile text. */
export const hostileBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  hostileText.map((text) => new TextEncoder().encode(text)),
);

/**
 * Asserts that a message is one line that commands no terminal and turns no text around, and short enough for a log.
 */
export function assertSafe(message: string): void {
  assert.not.match(message, /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  assert.ok(message.length < 10_000, `${message.length} characters`);
}

/**
 * Makes what a reader of JSON may find: members that are called as it wants and members that prototypes have, of the wrong
 * kind, and nested without end.
 *
 * @param members are the names that the reader looks for.
 * @param values are such as it wants, or nearly.
 */
export function hostileJson(
  members: readonly string[],
  values: readonly fc.Arbitrary<unknown>[] = [],
): fc.Arbitrary<unknown> {
  const name = fc.oneof(
    { arbitrary: fc.constantFrom(...members), weight: 5 },
    { arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'valueOf', 'toJSON', 'length'), weight: 1 },
    { arbitrary: wild, weight: 1 },
  );
  const leaves = [...values, wild, fc.double(), fc.boolean(), fc.constant(null)];
  const levels = fc.integer({ min: 1, max: 3_000 });
  const deep = fc
    .tuple(fc.constantFrom('[]', '{}'), name, levels)
    .map(([kind, key, depth]) => nested(kind, key, depth));
  const tree = fc.anything({ key: name, maxDepth: 5, values: [...leaves] }).map(jsonOf);
  // Through text, so that a member `__proto__` is a member.
  return fc.oneof({ arbitrary: tree, weight: 20 }, { arbitrary: deep, weight: 1 }).map((text) => asJson(text));
}

/** Writes own members only, those named `__proto__` too. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

function nested(kind: string, key: string, depth: number): string {
  const [open, close] = kind === '[]' ? ['[', ']'] : [`{${JSON.stringify(key)}:`, '}'];
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

function asJson(text: string): unknown {
  return text === 'undefined' ? null : JSON.parse(text);
}
