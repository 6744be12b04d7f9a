import { Enum, type Field, type MapField, Type } from 'protobufjs';
import { MAX_DEPTH } from './check-json.ts';
import { checkWellKnown } from './check-well-known.ts';
import { misfitOfKey } from './map-keys.ts';
import { gotInstead, isPlainObject } from './plain-object.ts';
import { Way } from './way.ts';

/**
 * Checks a value that a program made: protobufjs writes what it knows of it, and drops the rest without a word.
 *
 * @param lenient leaves unknown fields in the bytes of an Any alone: a value that was read may be part of this one.
 * @throws {Error} with the way to the first member that the type does not have, or that text and the binary form may not have.
 */
export function checkMessage(type: Type, value: unknown, lenient: boolean): void {
  new MessageWalk(lenient).message(type, value, 0);
}

class MessageWalk {
  readonly #lenient: boolean;
  readonly #way = new Way();

  constructor(lenient: boolean) {
    this.#lenient = lenient;
  }

  message(type: Type, value: unknown, depth: number): void {
    const way = this.#way;
    if (depth > MAX_DEPTH) throw way.fault('nested deeper than 100 levels');
    if (!isPlainObject(value)) throw way.fault(`expected an object${gotInstead(value)}`);
    const oneofs = new Set<unknown>();
    for (const [key, member] of Object.entries(value)) {
      const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
      if (field) {
        if (member === undefined || member === null) continue;
        if (field.partOf) {
          if (oneofs.has(field.partOf)) throw way.faultAt(key, `multiple values for oneof ${field.partOf.name}`);
          oneofs.add(field.partOf);
        }
        way.push(key);
        this.#content(field, member, depth);
        way.pop();
      } else if (!type.oneofs || !Object.hasOwn(type.oneofs, key)) throw way.faultAt(key, unknownField(type, key));
    }
    checkWellKnown(type, value, way, depth, this.#lenient);
  }

  #content(field: Field, value: unknown, depth: number): void {
    if (field.map) {
      if (!isPlainObject(value)) throw this.#way.fault(`expected an object, of keys and values${gotInstead(value)}`);
      for (const [key, member] of Object.entries(value)) {
        const misfit = misfitOfKey((field as Field & MapField).keyType, key);
        if (misfit !== undefined) throw this.#way.faultAt(key, misfit);
        this.#step(field, key, member, depth);
      }
    } else if (field.repeated) {
      if (!Array.isArray(value)) throw this.#way.fault('expected an array');
      for (const [index, item] of value.entries()) this.#step(field, index, item, depth);
    } else this.#single(field, value, depth);
  }

  #step(field: Field, at: string | number, value: unknown, depth: number): void {
    this.#way.push(at);
    this.#single(field, value, depth);
    this.#way.pop();
  }

  #single(field: Field, value: unknown, depth: number): void {
    const { resolvedType, type } = field;
    if (resolvedType instanceof Type) this.message(resolvedType, value, depth + 1);
    else if (resolvedType instanceof Enum) {
      const known = isInt32(value) || (typeof value === 'string' && Object.hasOwn(resolvedType.values, value));
      if (!known) throw this.#way.fault(`expected a value of ${resolvedType.name}`);
    } else if (!isOfKind(type, value))
      throw this.#way.fault(`expected ${KINDS[type] ?? 'a 64-bit integer: a safe number, a bigint, a Long or digits'}`);
  }
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
