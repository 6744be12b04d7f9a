import { FlagError, FlagSet, type FlagType, SourceError, json, string } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';

/** Is what forges lines, commands terminals, turns text around, or is no character. */
const HOSTILE = 'a\nlevel=error FORGED \u001b[31m\u007f\u0085\u009b\u2028\u2029\u202e\u2066\u200f\u061c\ud800b';
const SAFE =
  'a\\u000alevel=error FORGED \\u001b[31m\\u007f\\u0085\\u009b\\u2028\\u2029\\u202e\\u2066\\u200f\\u061c\\ud800b';

/** Is a type of somebody who quotes what he read. */
const careless: FlagType<string> = {
  name: 'careless',
  parse(text) {
    if (text !== '') throw new Error(`cannot take ${text}`);
    return text;
  },
  format: String,
};

describe('the message of an error', (it) => {
  it('is safe to print, whoever worded the reason', () => {
    const flags = new FlagSet('s');
    const flag = flags.dynamic('f', careless, '', '');
    const { message } = throws(() => flag.setText(HOSTILE), FlagError) as FlagError;
    assert.ok(
      message.startsWith(`flag "f": cannot take ${SAFE}, got "a\\nlevel=error FORGED \\u001b[31m\\u007f\\u0085`),
      message,
    );
    assert.is(new SourceError(HOSTILE).message, SAFE);
    assert.is(new SourceError(SAFE).message, SAFE, 'once is enough');
    assert.is(new SourceError('é 日本 😀 {"a":1}').message, 'é 日本 😀 {"a":1}');
  });

  it('is safe for validators and invariants, too', () => {
    const flags = new FlagSet('s');
    const flag = flags.dynamic('f', string, '', '').withValidator((next) => next === '' || HOSTILE);
    const { message } = throws(() => flag.set('x'), FlagError);
    assert.is(message, `flag "f": ${SAFE}, got "x"`);
    const other = flags.dynamic('g', string, '', '');
    flags.invariant([other], (next) => next === '' || HOSTILE);
    assert.match(throws(() => other.set('x'), FlagError).message, `flag "g": ${SAFE}`);
  });

  it('stays short, however much of a value a reason quotes', () => {
    const flag = new FlagSet('s').dynamic('f', careless, '', '');
    const { message } = throws(() => flag.setText('x'.repeat(1_000_000)), FlagError);
    assert.ok(message.length < 1_200, String(message.length));
    assert.match(message, '… (1000012 characters), got "xxx');
  });

  it('and the refused text of the event are safe', async () => {
    const flags = new FlagSet('s');
    const seen: string[] = [];
    flags.dynamic('f', json(), { a: 1 }, '');
    flags.subscribe((event) => {
      if (event.kind === 'rejected') seen.push(event.error.message, event.text ?? '');
    });
    const source = memorySource({});
    await using _ = await flags.watch(source);
    source.set('f', `[${HOSTILE}`);
    assert.is(seen.length, 2);
    for (const text of seen) assert.not.match(text, /[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
  });
});
