import { type Field, Type } from 'protobufjs';
import { wellKnown } from './well-known.ts';

/** Is the largest number of 32 bits. */
const MAX_FLOAT = 3.4028234663852886e38;

/**
 * Gives a member of ProtoJSON, or an item of its lists, after it has rounded it there, where it is a float that needs to be.
 *
 * @param field is the field, list or map that the member is, or is in.
 * @param holder is what holds it.
 */
export function roundedMember(
  { resolvedType, type }: Field,
  holder: Record<string, unknown> | unknown[],
  at: string | number,
): unknown {
  const members = holder as Record<string | number, unknown>;
  const isFloat = resolvedType instanceof Type ? wellKnown(resolvedType) === 'FloatValue' : type === 'float';
  if (isFloat) members[at] = roundedFloat(members[at]);
  return members[at];
}

/**
 * Rounds what is beyond the largest float and nearest to it, as `3.4028235e38` is, which Go and protobuf-es write: protobufjs
 * compares first, and would refuse it.
 */
function roundedFloat(value: unknown): unknown {
  const number = typeof value === 'string' && /^[\d.e+-]+$/i.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || Math.abs(number) <= MAX_FLOAT) return value;
  const rounded = Math.fround(number);
  return Number.isFinite(rounded) ? rounded : value;
}
