import { float64 } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const MALFORMED = [
  '',
  ' ',
  '.',
  '-',
  'e5',
  '1e',
  '1e+',
  '1.2.3',
  '1_',
  '_1',
  '1__0',
  '1_.5',
  '1._5',
  '1e_5',
  '1_e5',
  '0x1',
  '0x1.8',
  '0xp0',
  '0x1p',
  '0x1_p0',
  '0x_.8p0',
  '+nan',
  'infinit',
  '1,5',
  '1f',
  '0b1',
  'one',
];

flagTypeContract(describe, float64, {
  values: [0, -0, 1, -1.5, 0.1, 1e-5, 1e6, 1e21, Number.MAX_VALUE, Number.MIN_VALUE, NaN, Infinity, -Infinity],
  rejects: [...MALFORMED, '1e400', '0x1p1024'],
});

describe('float64', (it) => {
  accepts(it, float64, [
    ['0', 0, '0'],
    ['-0', -0, '-0'],
    ['.5', 0.5, '0.5'],
    ['5.', 5, '5'],
    ['3.0', 3, '3'],
    ['+1.5e-3', 0.0015, '0.0015'],
    ['1_000.000_1', 1000.0001, '1000.0001'],
    ['NaN', NaN, 'NaN'],
    ['nan', NaN, 'NaN'],
    ['inf', Infinity, '+Inf'],
    ['+Infinity', Infinity, '+Inf'],
    ['-INF', -Infinity, '-Inf'],
    [' 1.5\n', 1.5, '1.5'],
    ['0x1p-2', 0.25, '0.25'],
    ['0X_1F.8P+1', 63, '63'],
    ['0x.8p0', 0.5, '0.5'],
    ['1e-400', 0, '0'],
    ['-1e-400', -0, '-0'],
    ['0e99999999999', 0, '0'],
    ['0x0p99999999999', 0, '0'],
    ['-0x1p-99999999999', -0, '-0'],
  ]);
  rejects(it, float64, [
    ...MALFORMED.map((text) => [text, 'expected a number'] as const),
    ['1e400', 'out of range for float64'],
    ['-1e309', 'out of range for float64'],
    ['0x1p1024', 'out of range for float64'],
    ['0x1.fffffffffffff8p1023', 'out of range for float64'],
    ['0x1p99999999999', 'out of range for float64'],
  ]);
  strangers(it, float64, [
    ['a text', '1'],
    ['a bigint', 1n],
    ['null', null],
  ]);

  for (const [value, canonical] of [
    [100_000, '100000'],
    [999_999.9999999999, '999999.9999999999'],
    [1e6, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [123_456_789.125, '1.23456789125e+08'],
    [1e20, '1e+20'],
    [1e100, '1e+100'],
    [-1e8, '-1e+08'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [5e-324, '5e-324'],
  ] as const) {
    it(`writes ${value} as Go does`, () => {
      assert.is(float64.format(value), canonical);
    });
  }

  for (const [rule, text, value] of [
    ['a tie to even, down', '0x1.00000000000008p0', 1],
    ['a tie to even, up', '0x1.00000000000018p0', 1 + 2 ** -51],
    ['just above a tie', `0x1.00000000000008${'0'.repeat(200)}1p0`, 1 + 2 ** -52],
    ['a subnormal tie to even', '0x1.8p-1074', 2 ** -1073],
    ['half of the smallest number to 0', '0x1p-1075', 0],
    ['just above half of the smallest number', '0x1.0000000000001p-1075', 2 ** -1074],
    ['to the smallest normal number', '0x0.fffffffffffff8p-1022', 2 ** -1022],
    ['to the largest number', '0x1.fffffffffffff7p1023', Number.MAX_VALUE],
    ['many digits against a large exponent', `0x${'f'.repeat(300)}p-1200`, 1],
  ] as const) {
    it(`rounds hexadecimal digits: ${rule}`, () => {
      assert.is(float64.parse(text), value);
    });
  }

  it('refuses what is no text', () => {
    throws(() => float64.parse(1 as never), Error);
  });

  it('tells 0 and -0 apart, and NaN from nothing', () => {
    assert.is(float64.equals?.(0, -0), false);
    assert.is(float64.equals?.(NaN, NaN), true);
  });

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.double(), (value) => Object.is(float64.parse(float64.format(value)), value)));
  });

  it('reads every number from its exact hexadecimal digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.ok(
          Object.is(float64.parse(hexadecimal(value)), value),
          `${value} is not read from ${hexadecimal(value)}`,
        );
      }),
    );
  });
});

/** Writes a number as an integer times a power of two. */
function hexadecimal(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const digits = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? digits : digits | (1n << 52n);
  return `${bits >> 63n ? '-' : ''}0x${mantissa.toString(16)}p${Math.max(exponent, 1) - 1075}`;
}
