import { duration } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import { accepts, rejects, strangers } from './flag-type-tables.ts';

const HOUR = 3_600_000;
const MALFORMED = [
  '',
  ' ',
  '-',
  '5',
  '5.',
  '.s',
  's',
  '1 s',
  '1h 2m',
  '1S',
  '1H',
  '1sec',
  '1h2',
  '1..2s',
  '1.2.3s',
  '--1s',
  '1h-2m',
  '1e3s',
  '0x1s',
  '1_000s',
  '00',
  '1y',
  'one hour',
];
/** Below, a number of milliseconds tells single nanoseconds apart. */
const EXACT_BELOW_MS = 2 ** 33;

flagTypeContract(describe, duration, {
  values: [
    0,
    1,
    -1,
    0.000001,
    0.5,
    1.5,
    999.999999,
    1_000,
    59_999.999999,
    60_000,
    HOUR,
    86_400_000,
    EXACT_BELOW_MS + 0.001953125,
    -9_223_372_036_854.775,
  ],
  rejects: [...MALFORMED, '2562048h', '106752d'],
});

describe('duration', (it) => {
  accepts(it, duration, [
    ['0', 0, '0s'],
    ['-0', 0, '0s'],
    ['10h', 10 * HOUR, '10h0m0s'],
    ['1h30m', 1.5 * HOUR, '1h30m0s'],
    ['1.5h', 1.5 * HOUR, '1h30m0s'],
    ['-1.5h', -1.5 * HOUR, '-1h30m0s'],
    ['+5s', 5_000, '5s'],
    ['300ms', 300, '300ms'],
    ['1us', 0.001, '1µs'],
    ['1µs', 0.001, '1µs'],
    ['1μs', 0.001, '1µs'],
    ['1ns', 0.000001, '1ns'],
    ['.5s', 500, '500ms'],
    ['1.s', 1_000, '1s'],
    ['1m1h', HOUR + 60_000, '1h1m0s'],
    ['1m0.000000001s', 60_000.000001, '1m0.000000001s'],
    ['0.1ns', 0, '0s'],
    ['1.1ms', 1.1, '1.1ms'],
    ['0.3333333333333333333h', 1_200_000, '20m0s'],
    [' 1s\n', 1_000, '1s'],
    ['1d', 24 * HOUR, '24h0m0s'],
    ['1.5d', 36 * HOUR, '36h0m0s'],
    ['-2w3d', -17 * 24 * HOUR, '-408h0m0s'],
    ['1w2d3h4m5s6ms7us8ns', 788_645_006.007008, '219h4m5.006007008s'],
    ['-9223372036854775808ns', -9_223_372_036_854.775, '-2562047h47m16.854775391s'],
  ]);
  rejects(it, duration, [
    ...MALFORMED.map((text) => [text, 'expected a duration such as 1h30m or 300ms'] as const),
    ['9223372036854775808ns', 'out of range for duration'],
    ['-9223372036854775809ns', 'out of range for duration'],
    ['2562048h', 'out of range for duration'],
    ['106752d', 'out of range for duration'],
    ['15251w', 'out of range for duration'],
    [`${'9'.repeat(1_000)}s`, 'out of range for duration'],
  ]);
  strangers(it, duration, [
    ['a text', '1s'],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['what 64 bits of nanoseconds cannot hold', 9_223_372_036_855],
    ['1e21', 1e21],
    ['a bigint', 5n],
  ]);

  it('refuses what is no text', () => {
    throws(() => duration.parse(1_000 as never), Error);
  });

  // Go adds in 64 bits without a sign and gets 0.
  it('refuses a sum that overflows twice', () => {
    throws(() => duration.parse('9223372036854775808ns9223372036854775808ns'), 'out of range for duration');
  });

  it('is read as it was written, in the whole range', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(63), (bits, shift) => {
        const value = duration.parse(`${bits >> BigInt(shift)}ns`);
        assert.is(duration.parse(duration.format(value)), value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses no nanosecond below 99 days', () => {
    const limit = BigInt(EXACT_BELOW_MS) * 1_000_000n;
    fc.assert(
      fc.property(fc.bigInt({ min: -limit, max: limit }), fc.nat(53), (bits, shift) => {
        const nanoseconds = bits >> BigInt(shift);
        const [whole, fraction = ''] = duration.parse(`${nanoseconds}ns`).toFixed(6).split('.');
        assert.is(BigInt(whole + fraction), nanoseconds);
      }),
      { numRuns: 2_000 },
    );
  });

  it('rounds a value that is set to the nearest nanosecond, or keeps it', () => {
    fc.assert(
      fc.property(fc.double({ min: -9.2e12, max: 9.2e12, noNaN: true }), (value) => {
        const taken = duration.parse(duration.format(value));
        assert.ok(
          Math.abs(taken - value) <= (Math.abs(value) < EXACT_BELOW_MS ? 0.000001 : 0),
          `${value} became ${taken}`,
        );
      }),
    );
  });
});
