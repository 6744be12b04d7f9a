import type { FlagType } from './flag-type.ts';
import { within64Bits } from './integers.ts';
import { ofKind, refuse } from './refuse.ts';

const PART = /(?=\.?\d)(\d*)(?:\.(\d*))?([nuµμm]?s|[mhdw])/gy;
const MINUTE = 60_000_000_000n;

/** Nanoseconds of each unit; µ is written with either of its two code points. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
  d: 86_400e9,
  w: 604_800e9,
};

/**
 * Reads durations as a number of milliseconds, with a fraction where there is one: `1h30m 1.5s 300ms 1us -2d 0`.
 *
 * The grammar, the rounding of fractions and the range (64 bits of nanoseconds, 292 years) are those of Go's
 * {@link https://pkg.go.dev/time#ParseDuration | time.ParseDuration}, plus the units `d` of 24 hours and `w` of 7 days.
 * Writes what Go's `Duration.String` writes: `1h30m0s`. A value that is set is rounded to whole nanoseconds; beyond
 * 99 days a number holds no single nanoseconds any more, and the nearest one that it holds is taken.
 *
 * @example
 * const timeout = flags.dynamic('timeout', duration, 1_500, 'Time for one request.');
 * timeout.setText('1m30s');
 * timeout.get(); //=> 90000
 */
export const duration: FlagType<number> = {
  name: 'duration',
  parse(text) {
    const [, sign, size = ''] = /^([+-]?)(.*)/s.exec(text.trim())!;
    let read = 0;
    let nanoseconds = 0n;
    for (const [part, whole = '', fraction = '', unit = ''] of size.matchAll(PART)) {
      read += part.length;
      nanoseconds += BigInt(whole) * BigInt(UNITS[unit]!) + parseFraction(fraction, UNITS[unit]!);
    }
    if (size !== '0' && (size === '' || read < size.length)) refuse('expected a duration such as 1h30m or 300ms');
    nanoseconds = within64Bits(sign === '-' ? -nanoseconds : nanoseconds, 'duration');
    // A decimal literal is rounded once, a division beyond 2^53 twice: then format would not lead back here.
    return Number(`${nanoseconds}e-6`);
  },
  format(value) {
    if (!(Math.abs(ofKind('number', value)) < 1e13)) refuse('out of range for duration');
    // Exact, where a multiplication would round.
    const signed = BigInt(value.toFixed(6).replace('.', ''));
    const size = signed < 0n ? -signed : signed;
    const unit = size >= 1e9 || size === 0n ? 's' : size >= 1e6 ? 'ms' : size >= 1e3 ? 'µs' : 'ns';
    const minutes = size / MINUTE;
    return [
      signed < 0n ? '-' : '',
      minutes >= 60n ? `${minutes / 60n}h` : '',
      minutes > 0n ? `${minutes % 60n}m` : '',
      (Number(size % MINUTE) / UNITS[unit]!).toFixed(9).replace(/\.?0+$/, ''),
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
