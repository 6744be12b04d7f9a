import { type Field, MapField, Type, util } from 'protobufjs';
import { bitsOf, isInteger, isUnsigned } from './integers.ts';

/** Says what a key of a map must be, where it is not that: protobufjs writes other ones as some key. */
export function misfitOfKey(keyType: string, key: string): string | undefined {
  if (keyType === 'string') return undefined;
  if (keyType === 'bool')
    return key === 'true' || key === 'false' ? undefined : 'expected a key of bool: true or false';
  return isInteger(key, keyType) ? undefined : `expected a key of ${keyType}: an integer in plain digits, in range`;
}

/** Gives the key of an entry that holds none. */
export function zeroKey({ keyType }: MapField): string {
  if (keyType === 'string') return '';
  return keyType === 'bool' ? 'false' : '0';
}

/** Decodes what was checked, with the keys of maps in digits. */
export function decodeWithKeys(type: Type, bytes: Uint8Array): object {
  const message = type.decode(bytes);
  if (holdsLongKeys(type)) writeKeys(type, message);
  return message;
}

const known = new WeakMap<Type, boolean>();

/** Tells whether a type has maps with keys of 64 bits, itself or in its messages. */
function holdsLongKeys(type: Type): boolean {
  let holds = known.get(type);
  if (holds === undefined) {
    // A set goes on with what is added to it.
    const found = new Set([type]);
    for (const { fieldsArray } of found)
      for (const { resolvedType } of fieldsArray) if (resolvedType instanceof Type) found.add(resolvedType);
    holds = [...found].some(({ fieldsArray }) => fieldsArray.some(hasLongKeys));
    known.set(type, holds);
  }
  return holds;
}

function hasLongKeys(field: Field): field is Field & MapField {
  return field instanceof MapField && bitsOf(field.keyType) === 64;
}

/**
 * Writes keys of 64 bits in digits. protobufjs reads them as eight characters, one a byte, and takes them for digits where
 * they look like some: only right after reading is it certain which they are.
 */
function writeKeys(type: Type, message: object): void {
  const members = message as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const field = type.fields[key];
    if (!field) continue;
    if (hasLongKeys(field)) members[key] = withDigits(field, members[key] as object);
    const { resolvedType } = field;
    if (!(resolvedType instanceof Type)) continue;
    const content = members[key] as object;
    const inner = Array.isArray(content) ? (content as object[]) : field.map ? Object.values(content) : [content];
    for (const child of inner as readonly object[]) writeKeys(resolvedType, child);
  }
}

function withDigits({ keyType }: MapField, map: object): object {
  const ofHash = (hash: string): bigint => {
    const { hi, lo } = util.LongBits.fromHash(hash);
    const bits = (BigInt(hi) << 32n) | BigInt(lo);
    return isUnsigned(keyType) ? bits : BigInt.asIntN(64, bits);
  };
  // An entry without a key has the default, which is in digits.
  const digits = (key: string): string => (key.length === 8 ? String(ofHash(key)) : key);
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [digits(key), value as unknown]));
}
