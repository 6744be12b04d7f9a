import { type FlagType, json } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const limits = json(
  z.strictObject({ rate: z.number().positive(), policy: z.enum(['allow', 'deny']).default('allow') }),
);
const object = json().forDefault<Record<string, unknown>>({});
const anything = json().forDefault<unknown>(null);
const DEEP = 100_000;

flagTypeContract(describe, limits, {
  values: [
    { rate: 1, policy: 'allow' },
    { rate: 0.5, policy: 'deny' },
  ],
  rejects: ['', '{}', '[1, 2]', '{"rate": "10"}', '{"rate": 10} {"rate": 11}', 'not json', '{"rate": 1e999}'],
});
flagTypeContract(describe, object, {
  values: [{}, { a: [1, { b: null }] }, { 10: 'x', 9: 'y', b: '', a: '\ud800' }, JSON.parse('{"__proto__": {"a": 1}}')],
  rejects: ['', 'null', '[]', '1', '"text"', 'true', '{a: 1}', "{'a': 1}", '{"a": 1,}'],
});

describe('json(schema)', (it) => {
  accepts(it, limits, [
    ['{"rate": 10, "policy": "deny"}', { rate: 10, policy: 'deny' }, '{"policy":"deny","rate":10}'],
    [' {"rate":1}\n', { rate: 1, policy: 'allow' }, '{"policy":"allow","rate":1}'],
    ['\ufeff{"rate":1}', { rate: 1, policy: 'allow' }, '{"policy":"allow","rate":1}'],
  ]);
  rejects(it, limits, [
    ['{"rate":"x"}', 'rate: Invalid input: expected number, received string'],
    [
      '{"rate":-1,"policy":"no"}',
      'rate: Too small: expected number to be >0; policy: Invalid option: expected one of "allow"|"deny"',
    ],
    ['[]', 'Invalid input: expected object, received array'],
    ['{"rate":1e999}', 'expected what JSON can hold, with numbers in the range of float64'],
  ]);

  it('renders the path of an issue with keys and positions', () => {
    const type = json(v.object({ limits: v.array(v.object({ rate: v.number('Expected number') })) }));
    throws(() => type.parse('{"limits":[{"rate":1},{"rate":"x"}]}'), 'limits.1.rate: Expected number');
  });

  it('takes the output of the schema, and gives it back through its text', () => {
    const type = json(z.object({ at: z.coerce.date() }));
    const value = type.parse('{"at":"2024-02-29T00:00:00.000Z"}');
    assert.equal(value, { at: new Date(Date.UTC(2024, 1, 29)) });
    assert.equal(type.parse(type.format(value)), value);
  });

  it('takes any JSON that the schema takes, not objects alone', () => {
    assert.equal(json(z.array(z.int())).parse('[1,2]'), [1, 2]);
    assert.is(json(z.nullable(z.string())).parse('null'), null);
  });

  it('refuses a schema that is asynchronous', () => {
    const type = json(z.string().refine(async () => false));
    throws(() => type.parse('"a"'), 'asynchronous schemas are not supported');
  });

  it('leaves no rejection behind when an asynchronous schema fails', async () => {
    const type = json({
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) },
    });
    throws(() => type.parse('1'), 'asynchronous schemas are not supported');
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('passes on what a schema throws', () => {
    const validate = (): never => {
      throw new Error('not today');
    };
    throws(() => json({ '~standard': { version: 1, vendor: 'test', validate } }).parse('1'), 'not today');
  });

  it('refuses deep text before the schema recurses into it', () => {
    const nested: z.ZodType = z.lazy(() => z.array(nested));
    throws(() => json(nested).parse('['.repeat(DEEP) + ']'.repeat(DEEP)), 'nested deeper than 256 levels');
  });

  it('W20: refuses unknown keys where the schema is strict', () => {
    throws(() => limits.parse('{"rate":1,"polcy":"deny"}'), 'Unrecognized key: "polcy"');
  });

  it('W20: fills missing fields from the schema, never with zero', () => {
    assert.equal(limits.parse('{"rate":1}'), { rate: 1, policy: 'allow' });
    throws(() => limits.parse('{}'), 'rate: Invalid input: expected number, received undefined');
  });

  it('W20: refuses null and keys in another case', () => {
    throws(() => limits.parse('null'), 'Invalid input: expected object, received null');
    throws(() => limits.parse('{"Rate":1}'), Error);
  });
});

describe('json()', (it) => {
  const kinds = {
    'an object': [{}, '{"a":1}'],
    'an array': [[], '[1]'],
    'a string': ['', '"a"'],
    'a number': [0, '1'],
    'a boolean': [false, 'true'],
  } as const;
  for (const [kind, [example]] of Object.entries(kinds)) {
    it(`takes from the default that it is ${kind}`, () => {
      const type = json().forDefault<unknown>(example);
      for (const [other, [, text]] of Object.entries(kinds)) {
        if (other === kind) assert.equal(type.parse(text), JSON.parse(text));
        else throws(() => type.parse(text), `expected ${kind}`);
      }
      throws(() => type.parse('null'), `expected ${kind}`);
    });
  }

  it('takes any JSON where the default is null', () => {
    for (const text of ['null', '1', '"a"', 'true', '[]', '{}']) assert.equal(anything.parse(text), JSON.parse(text));
  });

  rejects(it, object, [
    ['', 'not valid JSON'],
    ['{"a": 1,}', 'not valid JSON (position 8)'],
    ['\n {"a": 1,}', 'not valid JSON (position 10)'],
    ['[1, secret]', 'not valid JSON'],
    ['" in JSON at position 7', 'not valid JSON (position 23)'],
    ['{} {}', 'not valid JSON (position 3)'],
    ['{"a":-1e999}', 'expected what JSON can hold, with numbers in the range of float64'],
  ]);
  strangers(it, anything, [
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a bigint', 1n],
    ['NaN', NaN],
    ['Infinity in an object', { a: Infinity }],
    ['undefined in an array', [undefined]],
    ['a hole in an array', Array(1)],
    ['a map', new Map()],
    ['a set in an object', { a: new Set() }],
  ]);
  strangers(it, object, [
    ['a list', []],
    ['a text', '{}'],
    ['null', null],
  ]);

  it('writes keys in the order of their code units, integers and __proto__ too', () => {
    const text = '{"b":1,"a":{"10":1,"9":2},"__proto__":{"z":[]},"B":"","😀":0,"\uffff":0}';
    const value = object.parse(text);
    assert.is(object.format(value), '{"B":"","__proto__":{"z":[]},"a":{"10":1,"9":2},"b":1,"😀":0,"\uffff":0}');
    assert.is(Object.getPrototypeOf(value), Object.prototype);
    assert.is(({} as { z?: unknown }).z, undefined);
  });

  it('leaves out what is undefined in an object', () => {
    assert.is(object.format({ a: undefined, b: 1 }), '{"b":1}');
  });

  it('refuses a cycle', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    throws(() => object.format(cycle), 'nested deeper than 256 levels');
  });

  it(`refuses ${DEEP} levels with an Error, to read and to write`, () => {
    throws(() => anything.parse('['.repeat(DEEP) + ']'.repeat(DEEP)), 'nested deeper than 256 levels');
    throws(() => anything.parse(`${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`), 'nested deeper than 256 levels');
    let deep: unknown[] = [];
    for (let level = 0; level < DEEP; level++) deep = [deep];
    throws(() => anything.format(deep), 'nested deeper than 256 levels');
  });

  it('takes 256 levels', () => {
    const text = '['.repeat(257) + ']'.repeat(257);
    assert.is(anything.format(anything.parse(text)), text);
    throws(() => anything.parse(`[${text}]`), 'nested deeper than 256 levels');
  });

  it('reads and freezes large values', () => {
    const text = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => [index]));
    assert.is((anything.parse(text) as unknown[]).length, 200_000);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no -0.
        assert.equal(anything.parse(anything.format(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('writes equal values alike, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        assert.is(object.format(value), object.format(Object.fromEntries(Object.entries(value).toReversed())));
      }),
    );
  });

  it('W21: gives a value that nobody can change', () => {
    const value = (object as FlagType<{ a: { b: number[] } }>).parse('{"a":{"b":[1]}}');
    throws(() => value.a.b.push(2), TypeError);
    throws(() => (value.a = { b: [] }), TypeError);
  });
});
