import type { FlagType } from '@flagz/core';
import { check } from './check.ts';
import type { Describe } from './describe.ts';

/** Is what the laws are tried on. */
export interface FlagTypeSamples<T> {
  /** Values of the type: ordinary ones and those at the edges. */
  readonly values: readonly T[];
  /** Texts that are not values of the type. */
  readonly rejects: readonly string[];
  /** Says that white space around a text is part of the value. @default false */
  readonly verbatim?: boolean;
}

/** Each is 10,000 characters of what makes careless grammars slow. */
const JUNK = [
  'x',
  '1',
  '-',
  '_1',
  '1.',
  '1e',
  '0x',
  '1h',
  '"',
  '""',
  '",',
  'a,',
  ',\n',
  '[',
  '{"a":',
  '\\u',
  '\ud83d\ude00',
  '\ufeff',
];
const JUNK_LENGTH = 10_000;
const JUNK_WITHIN_MS = 1_000;

/**
 * Declares the tests that every flag type owes: a value survives its text, the text is canonical, a refusal is an Error
 * that keeps the text to itself, hostile text costs no time.
 *
 * @example
 * flagTypeContract(describe, port, { values: [1, 80, 65_535], rejects: ['', '0', '65536', '80a'] });
 */
export function flagTypeContract<T>(describe: Describe, type: FlagType<T>, samples: FlagTypeSamples<T>): void {
  const { values, rejects, verbatim = false } = samples;
  const equals = (a: T, b: T): boolean => (type.equals ? type.equals(a, b) : type.format(a) === type.format(b));
  const read = (text: string, subject: string): T => {
    try {
      return type.parse(text);
    } catch (error) {
      throw new Error(`parse() refuses ${subject}, which is ${show(text)}`, { cause: error });
    }
  };

  describe(`flagTypeContract(${type.name})`, (it) => {
    it('has samples', () => {
      check(values.length > 0, 'samples.values is empty: the laws would hold for anything');
    });

    it('reads from the text of a value that value', () => {
      for (const value of values) {
        const text = type.format(value);
        check(typeof text === 'string', `format() gave ${typeof text}, not text`);
        const again = read(text, 'the text of a value');
        check(equals(again, value), `${show(text)} is read as a value that does not equal the one it was written from`);
        check(
          type.equals !== undefined || alike(again, value),
          `${show(text)} is read as another value, although both have this text: format() loses something`,
        );
      }
    });

    it('writes one canonical text per value', () => {
      for (const value of values) {
        const text = type.format(value);
        const again = type.format(read(text, 'the text of a value'));
        check(again === text, `a value is written as ${show(text)}, and when read again as ${show(again)}`);
        check(
          type.format(value) === text,
          `the same value is written as ${show(text)} and as ${show(type.format(value))}`,
        );
      }
    });

    it('finds a value equal to itself', () => {
      for (const value of values) check(equals(value, value), `${show(type.format(value))} does not equal itself`);
    });

    it('reads the same text every time as the same value', () => {
      for (const value of values) {
        const text = type.format(value);
        const first = read(text, 'the text of a value');
        check(
          equals(first, read(text, 'at its second reading the text of a value')),
          `${show(text)} is read in two ways`,
        );
        check(type.format(first) === text, `reading ${show(text)} again changed the value of the first reading`);
      }
    });

    if (!verbatim) {
      it('ignores white space around a text', () => {
        for (const value of values) {
          const text = type.format(value);
          for (const padded of [` ${text}`, `${text}\n`, `\t\r\n${text}\u00a0\r\n`]) {
            check(
              equals(read(padded, 'a text with white space around'), value),
              `${show(padded)} is read as another value`,
            );
          }
        }
      });
    }

    it('gives values that are deeply frozen', () => {
      for (const value of values) checkFrozen(read(type.format(value), 'the text of a value'));
    });

    it('refuses with an Error that does not quote the text', () => {
      for (const text of rejects) {
        const reason = reasonOf(type, text);
        check(reason !== undefined, `parse() takes ${show(text)}`);
        // Shorter texts stand in many a message by chance.
        check(text.length <= 3 || !reason.includes(text), `the reason quotes the refused text: ${show(reason)}`);
      }
    });

    it('reads or refuses 10,000 characters of anything at once', () => {
      for (const piece of JUNK) {
        const text = piece.repeat(JUNK_LENGTH / piece.length);
        for (const junk of [text, `${text}!`, `"${text}`]) {
          const start = Date.now();
          reasonOf(type, junk);
          const elapsed = Date.now() - start;
          check(elapsed < JUNK_WITHIN_MS, `${show(piece)}, repeated to ${junk.length} characters, took ${elapsed} ms`);
        }
      }
    });
  });
}

/** Gives the reason of the refusal, or nothing when the text is taken. */
function reasonOf(type: FlagType<unknown>, text: string): string | undefined {
  try {
    type.parse(text);
  } catch (error) {
    check(error instanceof Error, `parse() threw ${typeof error}, not an Error`);
    check(!/call stack|recursion/i.test(error.message), `parse() exhausts the stack: ${error.message}`);
    return error.message;
  }
  return undefined;
}

/** Compares by structure, so that a lossy text cannot hide behind itself. */
function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item));
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && alike((a as never)[key], (b as never)[key]))
  );
}

function checkFrozen(root: unknown): void {
  const found = new Set([root]);
  for (const item of found) {
    // Views of bytes cannot be frozen.
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    check(Object.isFrozen(item), `${Object.prototype.toString.call(item)} in a value is not frozen`);
    for (const child of Object.values(item)) found.add(child);
    if (item instanceof Set || item instanceof Map) {
      check(
        throws(() => (item as Set<unknown>).clear()),
        'a Set or Map in a value can be cleared: freezing alone does not protect it',
      );
      for (const [key, child] of item.entries()) found.add(key).add(child);
    }
  }
}

function throws(act: () => void): boolean {
  try {
    act();
  } catch {
    return true;
  }
  return false;
}

/** Quotes a text, cut where it is long. */
function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
