import { boolean, string } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

flagTypeContract(describe, string, {
  values: ['', ' ', 'a', ' a\r\n', '\u0000', '\ud800', '😀'],
  rejects: [],
  verbatim: true,
});
flagTypeContract(describe, boolean, { values: [true, false], rejects: ['', 'yes', 'tRUE', 'truetrue'] });

describe('string', (it) => {
  accepts(it, string, [
    ['', '', ''],
    [' a ', ' a ', ' a '],
    ['a\n', 'a\n', 'a\n'],
    ['\ufeffa', '\ufeffa', '\ufeffa'],
  ]);
  strangers(it, string, [
    ['a number', 1],
    ['a list', ['a']],
    ['undefined', undefined],
  ]);

  it('refuses what is no text', () => {
    throws(() => string.parse(1 as never), 'expected a string');
  });

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => string.parse(string.format(value)) === value));
  });

  it('W6: takes the empty text as a value', () => {
    assert.is(string.parse(''), '');
  });
});

describe('boolean', (it) => {
  accepts(it, boolean, [
    ...['1', 't', 'T', 'TRUE', 'true', 'True', ' true\n'].map((text) => [text, true, 'true'] as const),
    ...['0', 'f', 'F', 'FALSE', 'false', 'False', '\tfalse'].map((text) => [text, false, 'false'] as const),
  ]);
  rejects(
    it,
    boolean,
    ['', 'yes', 'on', 'tRUE', '2', '01', 'true false', 'ｔrue'].map(
      (text) => [text, 'expected true or false'] as const,
    ),
  );
  strangers(it, boolean, [
    ['the number 1', 1],
    ['the text "true"', 'true'],
    ['null', null],
  ]);

  it('refuses what is no text', () => {
    throws(() => boolean.parse(true as never), Error);
  });

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.boolean(), (value) => boolean.parse(boolean.format(value)) === value));
  });
});
