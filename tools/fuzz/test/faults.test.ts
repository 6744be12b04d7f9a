import { FlagSet, type FlagType, ParseError, int, json } from '@flagz/core';
import { assertNoFault, hostileText, tryAll, tryAllAsync, watched } from '@flagz/fuzz';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import fc from 'fast-check';
import { isFault } from '../src/faults.ts';

/** Crashes now and then, as a parser with a mistake in it does. */
const broken: FlagType<string> = {
  name: 'broken',
  parse(text) {
    if (text === 'toString') Object.assign(undefined as unknown as object, { x: 1 });
    if (text.includes('e')) throw new Error('expected no e');
    return text;
  },
  format: String,
};
/** Crashes at each of them: that it is found depends on no clock. */
const texts = fc.constant('toString');
const CRASH = /a flag type has crashed: TypeError: Cannot convert undefined/;

/** Sets a flag, and takes no offence at a refusal. */
function setText(type: FlagType<string>, text: string, sensitive: boolean): void {
  const flag = new FlagSet('fuzz').dynamic('x', type, '', 'x', { sensitive });
  try {
    flag.setText(text);
  } catch (error) {
    assert.instance(error, ParseError);
  }
}

describe('watched()', (it) => {
  for (const sensitive of [false, true]) {
    it(`finds a flag type that crashes though its flag refuses the text${sensitive ? ' and hides why' : ''}`, () => {
      tryAll(texts, (text) => setText(broken, text, sensitive));
      const error = throws(
        () => tryAll(texts, (text) => setText(watched(broken), text, sensitive)),
        /Counterexample: \["toString"\]/,
      );
      assert.match((error.cause as Error).message, CRASH);
      assert.instance((error.cause as Error).cause, TypeError);
    });
  }

  it('finds one where each attempt takes its time', async () => {
    const error = await rejects(
      tryAllAsync(texts, async (text) => {
        await Promise.resolve();
        setText(watched(broken), text, true);
      }),
      /Counterexample: \["toString"\]/,
    );
    assert.match((error.cause as Error).message, CRASH);
  });

  it('finds one whose bytes, format or shape crash', () => {
    const crash = (): never => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    const types: readonly (() => unknown)[] = [
      () => watched({ ...broken, parseBytes: crash }).parseBytes(),
      () => watched({ ...broken, format: crash }).format(),
      () =>
        watched({ forDefault: () => ({ ...broken, parse: crash }) })
          .forDefault()
          .parse(),
    ];
    for (const use of types)
      throws(() => tryAll(hostileText, () => void throws(use, RangeError)), /Property failed after 1 tests/);
  });

  it('lets a type refuse', () => {
    tryAll(hostileText, (text) => {
      for (const type of [watched(int), watched(json()).forDefault({})]) {
        try {
          type.parse(text);
        } catch (error) {
          assertNoFault(error);
        }
      }
    });
    throws(() => watched(int).format('x' as unknown as number), /^expected a number/);
  });
});

describe('isFault()', (it) => {
  const refusals = [
    new Error('expected an integer'),
    new TypeError('expected a number'),
    new RangeError('inRange: expected bounds in ascending order'),
    new Error('not valid JSON', { cause: new SyntaxError('Unexpected end of JSON input') }),
  ];
  for (const error of refusals) it(`takes for a refusal: ${String(error)}`, () => assert.not.ok(isFault(error)));

  const crashes: readonly unknown[] = [
    new TypeError('x is not iterable'),
    new RangeError('Invalid array length'),
    new ReferenceError('x is not defined'),
    new SyntaxError('Cannot convert x to a BigInt'),
    new Error('refused', { cause: new TypeError('x.y is not a function') }),
    new Error('not UTF-8', {
      cause: throws(() => new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(128)), TypeError),
    }),
    new Error("refused: Cannot read properties of undefined (reading 'x')"),
    new Error("option '--x <string>' argument 'y' is invalid. RangeError: x"),
    new AggregateError([new TypeError('x')]),
    'no error at all',
    undefined,
  ];
  for (const thrown of crashes) it(`takes for a crash: ${String(thrown)}`, () => assert.ok(isFault(thrown)));
});
