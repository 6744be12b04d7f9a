import { type Validator, inRange, matches, minLength, nonEmpty } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import type { It } from '@flagz/test-runner';

/** Declares two tests: the values that pass, and those that are refused with this reason. */
function table<T>(
  it: It,
  name: string,
  validator: Validator<T>,
  passing: readonly T[],
  refused: readonly T[],
  reason: string,
): void {
  it(`${name} passes ${passing.length} values`, () => {
    for (const value of passing) assert.is(validator(value), true);
  });
  it(`${name} refuses ${refused.length} values`, () => {
    for (const value of refused) assert.is(validator(value), reason);
  });
}

describe('inRange()', (it) => {
  table(
    it,
    'of numbers',
    inRange(1, 100),
    [1, 1.5, 100],
    [0, 0.999, 100.1, -Infinity, Infinity, NaN],
    'must be from 1 to 100',
  );
  table(it, 'of one number', inRange(5, 5), [5], [4, 6], 'must be from 5 to 5');
  table(
    it,
    'without an upper end',
    inRange(0, Infinity),
    [0, -0, 1e300, Infinity],
    [-1, NaN],
    'must be from 0 to Infinity',
  );
  table(
    it,
    'of bigints',
    inRange(-1n, 2n ** 53n),
    [-1n, 0n, 2n ** 53n],
    [-2n, 2n ** 53n + 1n],
    'must be from -1 to 9007199254740992',
  );

  it('W19: refuses NaN in every range', () => {
    for (const validator of [inRange(0, 10), inRange(-Infinity, Infinity), inRange(0, 0)])
      assert.type(validator(NaN), 'string');
  });

  it('refuses to be declared upside down', () => {
    throws(() => inRange(2, 1), 'inRange: expected bounds in ascending order, got 2 and 1');
    throws(() => inRange(2n, 1n), RangeError);
  });

  it('refuses to be declared with NaN', () => {
    throws(() => inRange(NaN, 1), RangeError);
    throws(() => inRange(0, NaN), RangeError);
  });
});

describe('matches()', (it) => {
  table(it, 'a pattern with an anchor', matches(/^a/), ['a', 'ab'], ['', 'ba', 'A'], 'must match /^a/');
  table(it, 'a pattern without an anchor', matches(/b+/i), ['abc', 'B'], ['', 'ac'], 'must match /b+/i');

  it('gives the same answer every time, with the flags g and y too', () => {
    for (const regexp of [/a/g, /a/y, /a/gy]) {
      const validator = matches(regexp);
      assert.equal([validator('ba'), validator('ba'), validator('a')], [true, true, true]);
      assert.is(regexp.lastIndex, 0);
    }
  });

  it('does not follow a pattern that is changed later', () => {
    const regexp = /a/g;
    const validator = matches(regexp);
    regexp.lastIndex = 5;
    assert.is(validator('a'), true);
  });
});

describe('minLength()', (it) => {
  table(it, 'of texts', minLength(2), ['ab', '😀😀', '  '], ['', 'a', '😀'], 'must have at least 2 characters');
  table(it, 'of lists', minLength(2), [['a', 'b']], [[], ['a']], 'must have at least 2 elements');
  table(it, 'of sets', minLength(1), [new Set(['a'])], [new Set()], 'must have at least 1 element');
  table(it, 'of one character', minLength(1), ['a'], [''], 'must have at least 1 character');
  table(it, 'of 0', minLength(0), ['', [], new Set()], [], '');

  it('refuses to be declared with what is no count', () => {
    for (const least of [-1, 1.5, NaN, Infinity]) throws(() => minLength(least), RangeError);
  });
});

describe('nonEmpty', (it) => {
  table(it, 'itself', nonEmpty, ['a', ' ', ['a'], [undefined], new Set([0])], ['', [], new Set()], 'must not be empty');
});
