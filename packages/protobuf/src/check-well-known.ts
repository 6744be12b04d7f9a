import { Enum, type Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { checkWire } from './check-wire.ts';
import { wordsOf } from './fits.ts';
import type { Way } from './way.ts';
import { checkMask, expectTypeInAny, NO_VALUE, NOT_FINITE, partsOfMadeAny, wellKnown } from './well-known.ts';

/**
 * Checks of a well-known message that a program made what text and the binary form are held to, too: JSON has no room for
 * anything else.
 *
 * @param lenient leaves unknown fields in what an Any carries alone.
 * @throws {Error} with the way to the fault.
 */
export function checkWellKnown(
  type: Type,
  message: Readonly<Record<string, unknown>>,
  way: Way,
  depth: number,
  lenient: boolean,
): void {
  const name = wellKnown(type);
  if (name === 'FieldMask') checkMask(message, way);
  switch (name) {
    case 'Any':
      checkAny(type, message, way, depth, lenient);
      break;
    case 'Duration':
    case 'FieldMask':
    case 'Timestamp':
      try {
        protojson.toJson(type, message);
      } catch (thrown) {
        throw way.fault(wordsOf(thrown));
      }
      break;
    case 'Value':
      checkValue(type, message, way);
      break;
    default:
  }
}

function checkAny(
  type: Type,
  message: Readonly<Record<string, unknown>>,
  way: Way,
  depth: number,
  lenient: boolean,
): void {
  const { url, urlName, value } = partsOfMadeAny(type, message);
  if (url === '' && value.length === 0) return;
  const inner = expectTypeInAny(type, url, (what) => way.faultAt(urlName, what));
  checkWire(inner, value, lenient, { way, depth: depth + 1 });
}

/** A member that is there counts, also where it is undefined: so protobufjs finds what to write. */
function checkValue(type: Type, message: Readonly<Record<string, unknown>>, way: Way): void {
  const [first, second] = Object.keys(message).filter((key) => Object.hasOwn(type.fields, key));
  if (second !== undefined) throw way.faultAt(second, 'multiple values for oneof kind');
  if (first === undefined) throw way.fault(NO_VALUE);
  const value = message[first];
  const isNullValue = type.fields[first]?.resolvedType instanceof Enum;
  if (value === undefined || (value === null && !isNullValue)) throw way.faultAt(first, NO_VALUE);
  if (typeof value === 'number' && !Number.isFinite(value)) throw way.faultAt(first, NOT_FINITE);
}
