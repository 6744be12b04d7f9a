import { Enum, type Field, Type } from 'protobufjs';
import { MAX_DEPTH } from './check-json.ts';
import { gotInstead, isPlainObject } from './plain-object.ts';
import { Way } from './way.ts';

/**
 * Checks a value that a program made: protobufjs writes what it knows of it, and drops the rest without a word.
 *
 * @throws {Error} with the way to the first member that the type does not have, or that is of another kind.
 */
export function checkMessage(type: Type, value: unknown): void {
  members(type, value, new Way(), 0);
}

function members(type: Type, value: unknown, way: Way, depth: number): void {
  if (depth > MAX_DEPTH) throw way.fault('nested deeper than 100 levels');
  if (!isPlainObject(value)) throw way.fault(`expected an object${gotInstead(value)}`);
  for (const [key, member] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    if (field) {
      if (member !== undefined && member !== null) {
        way.push(key);
        content(field, member, way, depth);
        way.pop();
      }
    } else if (!type.oneofs || !Object.hasOwn(type.oneofs, key)) throw way.faultAt(key, unknownField(type, key));
  }
}

function content(field: Field, value: unknown, way: Way, depth: number): void {
  if (field.map) {
    if (!isPlainObject(value)) throw way.fault(`expected an object, of keys and values${gotInstead(value)}`);
    for (const [key, member] of Object.entries(value)) step(field, key, member, way, depth);
  } else if (field.repeated) {
    if (!Array.isArray(value)) throw way.fault('expected an array');
    for (const [index, item] of value.entries()) step(field, index, item, way, depth);
  } else single(field, value, way, depth);
}

function step(field: Field, at: string | number, value: unknown, way: Way, depth: number): void {
  way.push(at);
  single(field, value, way, depth);
  way.pop();
}

function single(field: Field, value: unknown, way: Way, depth: number): void {
  const { resolvedType, type } = field;
  if (resolvedType instanceof Type) members(resolvedType, value, way, depth + 1);
  else if (resolvedType instanceof Enum) {
    const known = isInt32(value) || (typeof value === 'string' && Object.hasOwn(resolvedType.values, value));
    if (!known) throw way.fault(`expected a value of ${resolvedType.name}`);
  } else if (!isOfKind(type, value))
    throw way.fault(`expected ${KINDS[type] ?? 'a 64-bit integer: a safe number, a bigint, a Long or digits'}`);
}

/** Says that there is no such member, and under which name there is one. */
function unknownField(type: Type, key: string): string {
  const meant = type.fieldsArray.find(({ jsonName, protoName }) => jsonName === key || protoName === key);
  return meant ? `unknown field: in values it is called ${meant.name}` : 'unknown field';
}

const KINDS: Readonly<Record<string, string | undefined>> = {
  bool: 'a boolean',
  bytes: 'a Uint8Array',
  double: 'a number',
  fixed32: 'an unsigned 32-bit integer',
  float: 'a number',
  int32: 'a 32-bit integer',
  sfixed32: 'a 32-bit integer',
  sint32: 'a 32-bit integer',
  string: 'a string',
  uint32: 'an unsigned 32-bit integer',
};

function isOfKind(type: string, value: unknown): boolean {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'double':
    case 'float':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'fixed32':
    case 'uint32':
      return typeof value === 'number' && value >>> 0 === value;
    case 'int32':
    case 'sfixed32':
    case 'sint32':
      return isInt32(value);
    default:
      return isInt64(value);
  }
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

/** A Long is known by its halves and what it can do, whichever copy of the package made it. */
function isInt64(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'bigint') return true;
  if (typeof value === 'string') return /^-?\d+$/.test(value);
  return typeof value === 'object' && value !== null && 'low' in value && 'high' in value && 'toNumber' in value;
}
