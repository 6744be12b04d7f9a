import { oneOf } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const level = oneOf('debug', 'info', 'error');

flagTypeContract(describe, level, {
  values: ['debug', 'info', 'error'],
  rejects: ['', 'warn', 'INFO', 'debug,info', '__proto__'],
});

describe('oneOf()', (it) => {
  accepts(it, level, [
    ['info', 'info', 'info'],
    [' error\n', 'error', 'error'],
  ]);
  rejects(
    it,
    level,
    ['', 'INFO', 'warn', 'inf', 'toString'].map((text) => [text, 'expected one of "debug", "info", "error"'] as const),
  );
  strangers(it, level, [
    ['a choice with white space around it', ' info '],
    ['another text', 'warn'],
    ['a list of one choice', ['info']],
    ['undefined', undefined],
  ]);

  it('shows its choices', () => {
    assert.equal(level.choices, ['debug', 'info', 'error']);
    throws(() => (level.choices as string[]).push('warn'), TypeError);
  });

  it('takes the empty text as a choice', () => {
    assert.is(oneOf('', 'a').parse(' '), '');
  });

  it('quotes the choices in its reason', () => {
    throws(() => oneOf('a, b', 'c"d').parse('x'), 'expected one of "a, b", "c\\"d"');
  });

  it('refuses to be declared without a choice', () => {
    throws(() => (oneOf as () => unknown)(), 'oneOf: expected at least one choice');
  });

  it('refuses to be declared with a choice twice', () => {
    throws(() => oneOf('a', 'b', 'a'), 'oneOf: "a" is listed twice');
  });

  it('refuses to be declared with white space around a choice', () => {
    throws(() => oneOf('a', 'b '), 'oneOf: white space around "b " can never be matched');
  });

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.constantFrom(...level.choices), (value) => level.parse(level.format(value)) === value));
  });
});
