import type { FlagType } from './flag-type.ts';
import { within64Bits } from './integers.ts';
import { ofKind, refuse } from './refuse.ts';

const DURATION = /^[+-]?(?:0|(?:(?=\.?\d)\d*(?:\.\d*)?(?:[nuµμm]?s|[mhdw]))+)$/;
const PART = /(\d*)(?:\.(\d*))?([nuµμm]?s|[mhdw])/g;
const MINUTE = 60_000_000_000n;

/** Nanoseconds of each unit; µ is written with either of its two code points. */
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: MINUTE,
  h: 60n * MINUTE,
  d: 1_440n * MINUTE,
  w: 10_080n * MINUTE,
};

/**
 * Reads durations as a number of milliseconds, with a fraction where there is one: `1h30m 1.5s 300ms 1us -2d 0`.
 *
 * The grammar, the rounding of fractions and the range (64 bits of nanoseconds, 292 years) are those of Go's
 * {@link https://pkg.go.dev/time#ParseDuration | time.ParseDuration}, plus the units `d` of 24 hours and `w` of 7 days.
 * Writes what Go's `Duration.String` writes: `1h30m0s`. A value that is set is rounded to whole nanoseconds.
 *
 * @example
 * const timeout = flags.dynamic('timeout', duration, 1_500, 'Time for one request.');
 * timeout.setText('1m30s');
 * timeout.get(); //=> 90000
 */
export const duration: FlagType<number> = {
  name: 'duration',
  parse(text) {
    const trimmed = text.trim();
    if (!DURATION.test(trimmed)) refuse('expected a duration such as 1h30m or 300ms');
    let nanoseconds = 0n;
    for (const [, whole = '', fraction = '', unit = ''] of trimmed.matchAll(PART)) {
      const scale = UNITS[unit]!;
      nanoseconds += BigInt(whole) * scale + parseFraction(fraction, Number(scale));
    }
    nanoseconds = within64Bits(trimmed.startsWith('-') ? -nanoseconds : nanoseconds, 'duration');
    // A decimal literal is rounded once, a division of a number beyond 2^53 twice: then format would not lead back here.
    return Number(`${nanoseconds}e-6`);
  },
  format(value) {
    // Exact, where a multiplication would round.
    const fixed = ofKind('number', value).toFixed(6);
    if (!/^-?\d+\.\d+$/.test(fixed)) refuse('out of range for duration');
    const signed = BigInt(fixed.replace('.', ''));
    const size = signed < 0n ? -signed : signed;
    const unit = size >= 1e9 || size === 0n ? 's' : size >= 1e6 ? 'ms' : size >= 1e3 ? 'µs' : 'ns';
    const minutes = size / MINUTE;
    return [
      signed < 0n ? '-' : '',
      minutes >= 60n ? `${minutes / 60n}h` : '',
      minutes > 0n ? `${minutes % 60n}m` : '',
      (Number(size % MINUTE) / Number(UNITS[unit])).toFixed(9).replace(/\.?0+$/, ''),
      unit,
    ].join('');
  },
};

/** Follows Go to the digit: the fraction as far as 63 bits hold it, then floating-point numbers, then truncation. */
function parseFraction(digits: string, unit: number): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > 1n << 63n) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (unit / scale)));
}
