const BITS: Readonly<Record<string, 32 | 64 | undefined>> = {
  fixed32: 32,
  fixed64: 64,
  int32: 32,
  int64: 64,
  sfixed32: 32,
  sfixed64: 64,
  sint32: 32,
  sint64: 64,
  uint32: 32,
  uint64: 64,
};
const UNSIGNED = new Set(['fixed32', 'fixed64', 'uint32', 'uint64']);
const CANONICAL = /^(?:0|-?[1-9]\d{0,19})$/;
const NUMERIC = /^[+-]?(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/** Gives the size of the integers of a type; nothing for a type of anything else. */
export function bitsOf(type: string): 32 | 64 | undefined {
  return BITS[type];
}

/** Tells whether the integers of a type have no sign. */
export function isUnsigned(type: string): boolean {
  return UNSIGNED.has(type);
}

/** Tells whether it is the one text of an integer of the type. */
export function isInteger(text: string, type: string): boolean {
  const bits = BITS[type];
  if (bits === undefined || !CANONICAL.test(text)) return false;
  const integer = BigInt(text);
  return (UNSIGNED.has(type) ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer)) === integer;
}

/**
 * Tells whether a number in quotes is certainly no whole one. Its digits say so: as a floating-point number it may be rounded
 * to one.
 */
export function isFraction(text: string): boolean {
  const [, whole = '', decimals = '', exponent = '0'] = NUMERIC.exec(text) ?? [];
  const digits = whole + decimals;
  // A loop, for a regular expression would take very long for many zeros.
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return end > 0 && end > whole.length + Number(exponent);
}

/** Tells whether a 64-bit integer went through a floating-point number that cannot hold it. */
export function isRounded(value: unknown): boolean {
  if (typeof value === 'string') return !/^[+-]?\d+$/.test(value) && Math.abs(Number(value)) > Number.MAX_SAFE_INTEGER;
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}
