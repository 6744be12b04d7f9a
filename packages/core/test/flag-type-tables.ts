import type { FlagType } from '@flagz/core';
import { type It, assert, throws } from '@flagz/test-runner';

/** Declares one test per row: a text, the value that it is read as, and the text that the value is written as. */
export function accepts<T>(
  it: It,
  type: FlagType<T>,
  rows: readonly (readonly [text: string, value: T, canonical: string])[],
): void {
  for (const [text, value, canonical] of rows) {
    it(`reads ${show(text)}`, () => {
      const read = type.parse(text);
      if (typeof value === 'object') assert.equal(read, value);
      else assert.ok(Object.is(read, value), `expected ${String(value)}, got ${String(read)}`);
      assert.is(type.format(read), canonical);
    });
  }
}

/** Declares one test per row: a text and the exact reason of its refusal. */
export function rejects(
  it: It,
  type: FlagType<unknown>,
  rows: readonly (readonly [text: string, reason: string])[],
): void {
  for (const [text, reason] of rows) {
    it(`refuses ${show(text)}`, () => {
      throws(() => type.parse(text), reason);
    });
  }
}

/** Declares one test per row: what `format` must not take for a value of the type, because its text would be one. */
export function strangers<T>(
  it: It,
  type: FlagType<T>,
  rows: readonly (readonly [name: string, stranger: unknown])[],
): void {
  for (const [name, stranger] of rows) {
    it(`does not take ${name} for a value`, () => {
      throws(() => type.parse(type.format(stranger as T)), Error);
    });
  }
}

function show(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > 60 ? `${quoted.slice(0, 60)}… (${text.length} characters)` : quoted;
}
