import type { FlagType } from './flag-type.ts';
import { ofKind, refuse } from './refuse.ts';

/** Is how nearly all integers are written; such a number is read in a fraction of the time, and exactly. */
const PLAIN = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Reads safe integers, from -(2^53 - 1) to 2^53 - 1: `10 -5 +5 0x1f 0o17 017 0b11 1_000`. Writes them in decimal.
 *
 * The grammar is that of Go's {@link https://pkg.go.dev/strconv#ParseInt | strconv.ParseInt} with base 0: `010` is 8.
 *
 * @example
 * const port = flags.static('port', int, 8080, 'Port to listen on.');
 */
export const int: FlagType<number> = {
  name: 'int',
  parse(text) {
    const value = Number(PLAIN.test(text.trim()) ? text : parseInteger(text));
    return Number.isSafeInteger(value) ? value : refuse('out of range for int');
  },
  format: (value) => String(ofKind('number', value)),
};

/**
 * Reads integers of 64 bits as `bigint`, from -2^63 to 2^63 - 1, with the grammar of {@link int}.
 *
 * @example
 * const maxOffset = flags.dynamic('max_offset', int64, 0n, 'Offset after which reading ends.');
 */
export const int64: FlagType<bigint> = {
  name: 'int64',
  parse: (text) => within64Bits(parseInteger(text), 'int64'),
  format: (value) => String(ofKind('bigint', value)),
};

/** Returns an integer that fits into 64 bits with a sign. @throws {Error} when it does not fit. */
export function within64Bits(value: bigint, name: string): bigint {
  return BigInt.asIntN(64, value) === value ? value : refuse(`out of range for ${name}`);
}

function parseInteger(text: string): bigint {
  const [, sign, digits = ''] =
    /^([+-]?)(0x(?:_?[\da-f])+|0b(?:_?[01])+|0o?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/i.exec(text.trim()) ??
    refuse('expected an integer');
  const size = BigInt(digits.replaceAll('_', '').replace(/^0(?=\d)/, '0o'));
  return sign === '-' ? -size : size;
}
