import type { FlagType } from './flag-type.ts';
import { ofKind, refuse } from './refuse.ts';

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[\da-f])([\da-f]*)(?:\.([\da-f]*))?p([+-]?\d+)$/i;

/**
 * Reads floating-point numbers of 64 bits: `1.5 .5 5. -0 1e-3 1_000 0x1p-2 Inf -infinity NaN`.
 *
 * The grammar is that of Go's {@link https://pkg.go.dev/strconv#ParseFloat | strconv.ParseFloat}. What is too large is
 * refused, what is too small becomes 0. Writes what Go's `%v` writes: the shortest digits that are read back as that
 * number, `1e+08` from an exponent of 6 up and of -5 down, `+Inf`, `-Inf`, `NaN`.
 *
 * @example
 * const ratio = flags.dynamic('sample_ratio', float64, 0.1, 'Part of the requests to trace.').withValidator(inRange(0, 1));
 */
export const float64: FlagType<number> = {
  name: 'float64',
  parse(text) {
    const number = text.trim();
    if (/^nan$/i.test(number)) return NaN;
    if (/^[+-]?inf(?:inity)?$/i.test(number)) return number.startsWith('-') ? -Infinity : Infinity;
    // An underscore may stand between two digits only; the `x` of the prefix counts as one. Others stay, to be refused.
    const hexadecimal = HEXADECIMAL.exec(number.replace(/([\da-fx])_(?=[\da-f])/gi, '$1'));
    const decimal = number.replace(/(\d)_(?=\d)/g, '$1');
    const value = hexadecimal
      ? parseHexadecimal(hexadecimal)
      : DECIMAL.test(decimal)
        ? Number(decimal)
        : refuse('expected a number');
    return Number.isFinite(value) ? value : refuse('out of range for float64');
  },
  format(value) {
    const size = Math.abs(ofKind('number', value));
    if (size === Infinity) return value < 0 ? '-Inf' : '+Inf';
    if (Object.is(value, -0)) return '-0';
    return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential().replace(/\b\d$/, '0$&') : String(value);
  },
  equals: Object.is,
};

function parseHexadecimal([, sign, whole = '', fraction = '', power]: RegExpExecArray): number {
  const mantissa = BigInt(`0x${whole}${fraction}`);
  // No text is long enough for its digits to make up for such a power of two.
  const exponent = Math.max(-1e10, Math.min(1e10, Number(power))) - 4 * fraction.length;
  // Keeps 53 bits, fewer where the lowest one would be below 2^-1074, and rounds half to even.
  const dropped = Math.max(0, mantissa.toString(2).length - 53, -1074 - exponent);
  const drop = BigInt(dropped);
  const kept = (mantissa << 1n) >> drop;
  const half = kept & 1n;
  const up = half !== 0n && ((kept & 2n) !== 0n || kept << drop !== mantissa << 1n);
  // 0 times an infinite power of two is no number.
  const size = Number((kept >> 1n) + (up ? 1n : 0n)) * 2 ** (exponent + dropped) || 0;
  return sign === '-' ? -size : size;
}
