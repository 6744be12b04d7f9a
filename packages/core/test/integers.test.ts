import { int, int64 } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const MALFORMED = [
  '',
  ' ',
  '-',
  '+',
  '--1',
  '1.0',
  '1e3',
  '1_',
  '_1',
  '1__0',
  '0x',
  '0x_',
  '0b2',
  '0o8',
  '08',
  '0_x1',
  '1 000',
  '1,000',
  '5n',
  'ten',
  'NaN',
  'Infinity',
  '１',
];

flagTypeContract(describe, int, {
  values: [0, 1, -1, 8, 1_000, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  rejects: [...MALFORMED, '9007199254740992', '1'.repeat(400)],
});
flagTypeContract(describe, int64, {
  values: [0n, 1n, -1n, 2n ** 53n + 1n, MAX, MIN],
  rejects: [...MALFORMED, '9223372036854775808', '0x10000000000000000'],
});

describe('int', (it) => {
  accepts(it, int, [
    ['10', 10, '10'],
    ['-5', -5, '-5'],
    ['+5', 5, '5'],
    ['-0', 0, '0'],
    ['0x1F', 31, '31'],
    ['-0X1f', -31, '-31'],
    ['0o17', 15, '15'],
    ['010', 8, '8'],
    ['0_7', 7, '7'],
    ['0b11', 3, '3'],
    ['1_000', 1000, '1000'],
    ['0x_f_f', 255, '255'],
    [' 5\n', 5, '5'],
    ['9007199254740991', 2 ** 53 - 1, '9007199254740991'],
    ['-0x1fffffffffffff', 1 - 2 ** 53, '-9007199254740991'],
  ]);
  rejects(it, int, [
    ...MALFORMED.map((text) => [text, 'expected an integer'] as const),
    ['9007199254740992', 'out of range for int'],
    ['-9007199254740992', 'out of range for int'],
    ['9'.repeat(10_000), 'out of range for int'],
  ]);
  strangers(it, int, [
    ['a fraction', 1.5],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['2^53', 2 ** 53],
    ['1e21', 1e21],
    ['a bigint', 5n],
    ['the text "0x10"', '0x10'],
    ['a list of one number', [5]],
    ['null', null],
  ]);

  it('refuses what is no text', () => {
    throws(() => int.parse(5 as never), Error);
  });

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => Object.is(int.parse(int.format(value)), value)));
  });
});

describe('int64', (it) => {
  accepts(it, int64, [
    ['9007199254740993', 9007199254740993n, '9007199254740993'],
    ['9223372036854775807', MAX, '9223372036854775807'],
    ['-9223372036854775808', MIN, '-9223372036854775808'],
    ['0x7fff_ffff_ffff_ffff', MAX, '9223372036854775807'],
    ['-01000000000000000000000', MIN, '-9223372036854775808'],
    ['\u00a0010\t', 8n, '8'],
  ]);
  rejects(it, int64, [
    ...MALFORMED.map((text) => [text, 'expected an integer'] as const),
    ['9223372036854775808', 'out of range for int64'],
    ['-9223372036854775809', 'out of range for int64'],
  ]);
  strangers(it, int64, [
    ['a number', 5],
    ['2^63', MAX + 1n],
    ['a text', '5'],
  ]);

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.bigInt({ min: MIN, max: MAX }), (value) => int64.parse(int64.format(value)) === value));
  });

  it('agrees with int on safe integers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(2, 8, 10, 16), (value, radix) => {
        const prefix = { 2: '0b', 8: '0o', 10: '', 16: '0x' }[radix];
        const text = `${value < 0 ? '-' : ''}${prefix}${Math.abs(value).toString(radix)}`;
        assert.is(BigInt(int.parse(text)), int64.parse(text));
      }),
    );
  });
});
