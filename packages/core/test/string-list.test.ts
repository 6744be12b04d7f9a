import { stringSet, stringSlice } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const SECOND_LINE = 'expected one CSV record, found a second line';
const UNPAIRED = 'expected one CSV record, found a quote that is not paired';
const LISTS = [
  [],
  [''],
  ['', ''],
  ['a'],
  ['a', 'b'],
  ['a,b', 'c'],
  [' a', 'b\t'],
  ['"'],
  ['a"b'],
  ['\n'],
  ['a\r\nb'],
  ['\r\r\n'],
  ['\r'],
  ['\ufeff'],
  ['日本', '😀'],
];
const REJECTS = ['a\nb', 'a"b', '"a', '"a"b', '"a" ,b', 'a,"', '"a"\n"b"'];

/** Strings that are dense in what CSV treats specially. */
const field = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('a', ',', '"', '\r', '\n', '\r\n', ' ', '\u00a0')).map((parts) => parts.join('')),
);

flagTypeContract(describe, stringSlice, { values: LISTS, rejects: REJECTS });
flagTypeContract(describe, stringSet, { values: LISTS.map((list) => new Set(list)), rejects: REJECTS });

describe('stringSlice', (it) => {
  accepts(it, stringSlice, [
    ['', [], ''],
    [' \r\n', [], ''],
    ['a,b', ['a', 'b'], 'a,b'],
    ['a, b', ['a', ' b'], 'a," b"'],
    [' a,b\n', ['a', 'b'], 'a,b'],
    ['"a,b",c', ['a,b', 'c'], '"a,b",c'],
    ['""', [''], '""'],
    [',', ['', ''], ','],
    ['a,', ['a', ''], 'a,'],
    ['"a""b"', ['a"b'], '"a""b"'],
    ['"a"', ['a'], 'a'],
    ['" "', [' '], '" "'],
    ['"a\nb",c', ['a\nb', 'c'], '"a\nb",c'],
    ['"a\r\nb"', ['a\nb'], '"a\nb"'],
    ['"a\r\r\nb"', ['a\r\nb'], '"a\r\r\nb"'],
    ['a\rb', ['a\rb'], '"a\rb"'],
  ]);
  rejects(it, stringSlice, [
    ['a\nb', SECOND_LINE],
    ['a,b\r\n\r\nc', SECOND_LINE],
    ['"a"\n"b"', SECOND_LINE],
    ['a"b', UNPAIRED],
    ['"a', UNPAIRED],
    ['"a"b', UNPAIRED],
    ['"a", "b"', UNPAIRED],
    ['"', UNPAIRED],
  ]);
  strangers(it, stringSlice, [
    ['a list of numbers', [1, 2]],
    ['an object', {}],
    ['a number', 5],
    ['null', null],
  ]);

  const noLists: Readonly<Record<string, unknown>> = {
    'a text': 'abc',
    'a number': 5,
    'a bigint': 0n,
    'a boolean': true,
    null: null,
    undefined,
    'an object': {},
    'an object whose iterator is no function': { [Symbol.iterator]: 1 },
    'a function': () => [],
  };
  for (const [what, given] of Object.entries(noLists))
    it(`refuses ${what} given instead of a list`, () => {
      for (const type of [stringSlice, stringSet])
        throws(
          () => type.format(given as never),
          (error) => error instanceof TypeError && error.message === 'expected a list of strings',
        );
    });

  it('refuses what is no text', () => {
    throws(() => stringSlice.parse(['a'] as never), Error);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(field), (value) => assert.equal(stringSlice.parse(stringSlice.format(value)), value)),
    );
  });

  it('W6: takes the empty list', () => {
    assert.equal(stringSlice.parse(''), []);
  });

  it('W16: gives lists of other elements other texts', () => {
    assert.is.not(stringSlice.format(['a b']), stringSlice.format(['a', 'b']));
    assert.is.not(stringSlice.format(['a,b']), stringSlice.format(['a', 'b']));
    assert.is.not(stringSlice.format([]), stringSlice.format(['']));
  });

  it('W17: reads back commas, quotes and lines from what it wrote', () => {
    const value = ['a,b', '"', 'c\nd', ' '];
    assert.equal(stringSlice.parse(stringSlice.format(value)), value);
  });

  it('W18: refuses a second line instead of dropping it', () => {
    throws(() => stringSlice.parse('a\nb'), SECOND_LINE);
  });

  it('W21: gives a list that nobody can change', () => {
    const value = stringSlice.parse('a,b') as string[];
    throws(() => value.push('c'), TypeError);
    throws(() => (value[0] = 'c'), TypeError);
  });
});

describe('stringSet', (it) => {
  accepts(it, stringSet, [
    ['', new Set(), ''],
    ['b,a,b', new Set(['a', 'b']), 'a,b'],
    ['B,a,_,10,9', new Set(['10', '9', 'B', '_', 'a']), '10,9,B,_,a'],
    ['a,', new Set(['', 'a']), ',a'],
    ['""', new Set(['']), '""'],
  ]);
  rejects(it, stringSet, [
    ['a\nb', SECOND_LINE],
    ['"a', UNPAIRED],
  ]);
  strangers(it, stringSet, [
    ['a text', 'abc'],
    ['a set of numbers', new Set([1])],
    ['a map', new Map([['a', 'b']])],
    ['an object', { a: true }],
  ]);

  it('iterates in the order of the code units, whatever the order of the text', () => {
    assert.equal([...stringSet.parse('\u{1f600},\uffff,b,a')], ['a', 'b', '\u{1f600}', '\uffff']);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(field), (elements) => {
        assert.equal(stringSet.parse(stringSet.format(new Set(elements))), new Set(elements));
      }),
    );
  });

  it('looks like a plain set to a deep comparison', () => {
    assert.equal(Object.keys(stringSet.parse('a')), []);
    assert.is(Object.getPrototypeOf(stringSet.parse('a')), Set.prototype);
  });

  it('W6: takes the empty set', () => {
    assert.is(stringSet.parse('').size, 0);
  });

  it('W15: writes equal sets alike, whatever the order in which they were filled', () => {
    fc.assert(
      fc.property(fc.uniqueArray(field), (elements) => {
        assert.is(stringSet.format(new Set(elements)), stringSet.format(new Set(elements.toReversed())));
      }),
    );
  });

  it('W17: reads back commas, quotes and lines from what it wrote', () => {
    const value = new Set(['a,b', '"', 'c\nd', ' ']);
    assert.equal(stringSet.parse(stringSet.format(value)), value);
  });

  it('W18: refuses a second line instead of dropping it', () => {
    throws(() => stringSet.parse('a\nb'), SECOND_LINE);
  });

  it('W21: gives a set that nobody can change', () => {
    const value = stringSet.parse('a,b') as Set<string>;
    const message = 'a value of a flag cannot be changed: set the flag instead';
    for (const change of [() => value.add('c'), () => value.delete('a'), () => value.clear()]) {
      throws(change, (error) => error instanceof TypeError && error.message === message);
    }
    throws(() => Object.assign(value, { has: () => true }), TypeError);
    assert.equal([...value], ['a', 'b']);
  });
});
