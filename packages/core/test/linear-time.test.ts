import {
  type FlagType,
  boolean,
  duration,
  float64,
  int,
  int64,
  json,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';

const TYPES: readonly FlagType<unknown>[] = [
  boolean,
  duration,
  float64,
  int,
  int64,
  json().forDefault<unknown>(null),
  oneOf('a', 'b'),
  string,
  stringSet,
  stringSlice,
];
const LENGTH = 10_000;
const WITHIN_MS = 50;
const PIECES = [
  'x',
  '1',
  '1_',
  '_1',
  'f',
  '1h',
  '.1h',
  'ms',
  '"',
  '""',
  '",',
  '"a",',
  'a,',
  ',\n',
  '\r\n',
  ' ',
  '[',
  '{"a":',
  '\\u',
];

/** The grammars are regular expressions: none may fall into backtracking, whatever an operator or an attacker writes. */
describe('10 kB of anything', (it) => {
  for (const type of TYPES) {
    it(`is read or refused by ${type.name} within ${WITHIN_MS} ms`, () => {
      for (const piece of PIECES) {
        for (const start of ['', '"', '0x', '0x1p', '1.', '1e', '-']) {
          for (const end of ['', '!', '"', 's', 'p0']) {
            const text = start + piece.repeat(LENGTH / piece.length) + end;
            // The best of three, so that a pause of the machine is not blamed on the grammar.
            const elapsed = Math.min(...[1, 2, 3].map(() => timed(type, text)));
            assert.ok(elapsed < WITHIN_MS, `${start}${piece}…${end} took ${elapsed} ms`);
          }
        }
      }
    });
  }
});

function timed(type: FlagType<unknown>, text: string): number {
  const begin = performance.now();
  try {
    type.format(type.parse(text));
  } catch {
    // A refusal is as good.
  }
  return performance.now() - begin;
}
