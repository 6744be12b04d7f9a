// timeout: 300 s
import {
  type DynamicFlag,
  FlagError,
  FlagSet,
  boolean,
  duration,
  float64,
  inRange,
  int,
  int64,
  json,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { assertNoFault, assertSafe, hostileText, tryAll, watched } from '@flagz/fuzz';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';

/** What a careless program may hand over in the place of a value. */
const anything = fc.oneof(
  hostileText,
  fc.double(),
  fc.bigInt(),
  fc.anything({
    maxDepth: 3,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
  }),
  fc.constantFrom(Symbol('x'), () => 1, { toString: 1, valueOf: 1 }, new Proxy({}, { get: () => undefined })),
);
const names = fc.oneof(
  hostileText,
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,9}$/),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);

describe('a careless program', (it) => {
  it('declares flags of good names only, each once', () => {
    tryAll(fc.array(names, { maxLength: 4 }), (all) => {
      const flags = new FlagSet('fuzz');
      const declared = new Set<string>();
      for (const name of all) {
        const isGood = /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) && !declared.has(name);
        const error = refusalOf(() => flags.dynamic(name, int, 1, 'x'));
        assert.is(error === undefined, isGood, name);
        assert.is(error?.code ?? 'FLAGZ_DECLARATION', 'FLAGZ_DECLARATION');
        if (isGood) declared.add(name);
      }
      assert.equal(new Set(Array.from(flags, ({ name }) => name)), declared);
      assert.is(flags.find('__proto__') ?? flags.find('hasOwnProperty'), undefined);
    });
  });

  const types = {
    boolean,
    duration,
    float64,
    int,
    int64,
    json: json(),
    oneOf: oneOf('a', 'b'),
    string,
    stringSet,
    stringSlice,
  };
  for (const [name, type] of Object.entries(types).map(([key, one]) => [key, watched(one)] as const)) {
    it(`declares values of the type only, which lead back to themselves: ${name}`, () => {
      tryAll(anything, (value) => {
        let flag: DynamicFlag<unknown> | undefined;
        const error = refusalOf(() => {
          flag = new FlagSet('fuzz').dynamic('x', type as typeof int, value as number, 'x') as DynamicFlag<unknown>;
        });
        if (error) return assert.is(error.code, 'FLAGZ_DECLARATION');
        const { text } = flag!;
        flag!.setText(text);
        assert.is(flag!.text, text);
      });
    });

    it(`sets values of the type only, and changes nothing otherwise: ${name}`, () => {
      const defaults: Readonly<Record<string, unknown>> = {
        boolean: true,
        int64: 1n,
        json: {},
        oneOf: 'a',
        string: '',
        stringSet: new Set(),
        stringSlice: [],
      };
      const flag = new FlagSet('fuzz').dynamic(
        'x',
        type as typeof int,
        (defaults[name] ?? 1) as number,
        'x',
      ) as DynamicFlag<unknown>;
      tryAll(anything, (value) => {
        const before = flag.text;
        if (refusalOf(() => flag.set(value))) assert.is(flag.text, before);
        else flag.setText(flag.text);
      });
    });
  }

  it('makes ranges of numbers only', () => {
    tryAll(fc.tuple(anything, anything, fc.double()), ([from, to, value]) => {
      try {
        const verdict: unknown = inRange(from as number, to as number)(value);
        assert.ok(verdict === true || typeof verdict === 'string');
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
      }
    });
  });
});

/** @throws what is no FlagError */
function refusalOf(attempt: () => unknown): FlagError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    assertNoFault(error);
    assertSafe(error.message);
    return error;
  }
}
