import { Enum, type Field, type MapField, Type } from 'protobufjs';
import { misfit, misfitOf } from './fits.ts';
import { halfSurrogateIn } from './half-surrogate.ts';
import { bitsOf, isFraction, isRounded } from './integers.ts';
import { roundedMember } from './rounded-member.ts';
import { Way } from './way.ts';
import { expectTypeInAny, isMaskPath, isWrapper, NO_VALUE, wellKnown } from './well-known.ts';

/** Nests as deep as protobufjs reads. */
export const MAX_DEPTH = 100;
const BASE64 = /^[\w+/-]*={0,2}$/;
const indexes = new WeakMap<Type, ReadonlyMap<string, Field>>();

/** Says how ProtoJSON is checked. */
export interface JsonCheck {
  /** Whether unknown fields are left alone. */
  readonly lenient: boolean;
  /** Whether every single value is tried: slower, and only of use when it is known that one of them is wrong. */
  readonly every: boolean;
}

/**
 * Checks ProtoJSON against its type, in one walk: the structure, and what protobufjs would take and change. Rounds floats, of
 * which protobufjs refuses some that others write.
 *
 * @throws {Error} with the way to the first fault.
 */
export function checkJson(type: Type, value: unknown, check: JsonCheck): void {
  new JsonWalk(check).message(type, value, 0);
}

class JsonWalk {
  readonly #lenient: boolean;
  readonly #every: boolean;
  readonly #way = new Way();

  constructor({ lenient, every }: JsonCheck) {
    this.#lenient = lenient;
    this.#every = every;
  }

  message(type: Type, value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#way.fault('nested deeper than 100 levels');
    const special = wellKnown(type);
    if (special === 'Any') this.#any(type, value, depth);
    else if (special === undefined) this.#members(type, value, depth);
    else {
      if (special === 'FieldMask' && typeof value === 'string') this.#mask(value);
      if (isWrapper(special)) this.#strictLeaf(type.fields['value'] as Field, value);
      if (this.#every) this.#refuse(misfit(type, value, this.#lenient));
    }
  }

  /** protobufjs takes a path of nothing, one with spaces, and any half of a surrogate pair. */
  #mask(text: string): void {
    if (text !== '' && !text.split(',').every(isMaskPath))
      throw this.#way.fault('expected paths with a comma between two, without spaces');
    this.#refuse(halfSurrogateIn(text));
  }

  #members(type: Type, value: unknown, depth: number): void {
    if (!isObject(value)) throw this.#way.fault('expected object');
    const fields = fieldsByName(type);
    const seen = new Set<unknown>();
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      if (!field) {
        if (this.#lenient) continue;
        throw this.#way.faultAt(key, 'unknown field');
      }
      if (seen.has(field)) throw this.#way.faultAt(key, 'given twice, also by its other name');
      seen.add(field);
      const member = roundedMember(field, value, key);
      if (member === null && isMany(field)) {
        // protobufjs takes it for one null, where one of them may be null.
        value[key] = field.map ? {} : [];
        continue;
      }
      if (member === null && !takesNull(field)) continue;
      if (field.partOf) {
        if (seen.has(field.partOf)) throw this.#way.faultAt(key, `multiple values for oneof ${field.partOf.name}`);
        seen.add(field.partOf);
      }
      this.#way.push(key);
      this.#field(field, member, depth);
      this.#way.pop();
    }
  }

  #field(field: Field, value: unknown, depth: number): void {
    if (field.map) this.#map(field, value, depth);
    else if (field.repeated) this.#list(field, value, depth);
    else this.#single(field, value, depth);
  }

  #map(field: Field, value: unknown, depth: number): void {
    if (!isObject(value)) throw this.#way.fault('expected object for map');
    const numbers = new Set<unknown>();
    for (const key of Object.keys(value)) {
      const member = roundedMember(field, value, key);
      this.#way.push(key);
      this.#single(field, member, depth);
      if (this.#every) {
        this.#refuse(misfitOf(field, { [key]: member }, this.#lenient));
        const number = numberOf(field as Field & MapField, key);
        if (numbers.has(number)) throw this.#way.fault('given twice, also in other digits');
        numbers.add(number);
      }
      this.#way.pop();
    }
  }

  #list(field: Field, value: unknown, depth: number): void {
    if (!Array.isArray(value)) throw this.#way.fault('expected array');
    const items: unknown[] = value;
    const isPlain = !(field.resolvedType instanceof Type);
    // One question about all is much cheaper than one about each.
    const fits = (some: readonly unknown[]): boolean => misfitOf(field, some, this.#lenient) === undefined;
    const tried = this.#every && isPlain && !fits(items) ? indexOfMisfit(items, fits) : -1;
    for (const index of items.keys()) {
      const item = roundedMember(field, items, index);
      this.#way.push(index);
      if (item === null && !takesNull(field)) throw this.#way.fault('null element');
      if (index === tried) this.#refuse(misfitOf(field, [item], this.#lenient));
      if (isPlain) this.#strictLeaf(field, item);
      else this.#single(field, item, depth);
      this.#way.pop();
    }
  }

  #single(field: Field, value: unknown, depth: number): void {
    if (field.resolvedType instanceof Type) this.message(field.resolvedType, value, depth + 1);
    else this.#leaf(field, value);
  }

  #leaf(field: Field, value: unknown): void {
    this.#strictLeaf(field, value);
    // A value of a map is tried with its key.
    if (this.#every && !field.map) this.#refuse(misfitOf(field, value, this.#lenient));
  }

  /** Refuses what protobufjs takes and changes. */
  #strictLeaf({ type }: Field, value: unknown): void {
    const bits = bitsOf(type);
    if (bits !== undefined && typeof value === 'string' && isFraction(value)) throw this.#way.fault('not an integer');
    if (bits === 64 && isRounded(value)) throw this.#way.fault('beyond 2^53: write it in quotes, and in plain digits');
    if (type === 'bytes' && typeof value === 'string' && !isCanonicalBase64(value))
      throw this.#way.fault('invalid base64');
  }

  #any(type: Type, value: unknown, depth: number): void {
    if (!isObject(value)) throw this.#way.fault('expected object');
    const { '@type': url, ...rest } = value;
    if (url === undefined && Object.keys(rest).length === 0) return;
    if (typeof url !== 'string' || url === '')
      throw this.#way.faultAt('@type', 'expected the type of what is in the Any');
    const half = halfSurrogateIn(url);
    if (half !== undefined) throw this.#way.faultAt('@type', half);
    const inner = expectTypeInAny(type, url, (what) => this.#way.faultAt('@type', what));
    const special = wellKnown(inner);
    if (special === undefined) {
      if (inner.fullName === '.google.protobuf.Empty' && Object.hasOwn(rest, 'value')) {
        if (!isObject(rest['value']) || Object.keys(rest['value']).length > 0)
          throw this.#way.faultAt('value', 'expected an empty object');
        // Go writes it, as of a well-known type; to protobufjs it is a field.
        delete rest['value'];
        delete value['value'];
      }
      this.message(inner, rest, depth + 1);
      // What it rounded.
      Object.assign(value, rest);
      return;
    }
    const stranger = Object.keys(rest).find((key) => key !== 'value');
    if (stranger !== undefined && !this.#lenient) throw this.#way.faultAt(stranger, 'unknown field');
    this.#way.push('value');
    // protobufjs takes a value that is not there for an object.
    if (special === 'Value' && !Object.hasOwn(rest, 'value')) throw this.#way.fault(NO_VALUE);
    const member = isWrapper(special) ? roundedMember(inner.fields['value'] as Field, value, 'value') : value['value'];
    this.message(inner, member, depth + 1);
    this.#way.pop();
  }

  #refuse(reason: string | undefined): void {
    if (reason !== undefined) throw this.#way.fault(reason);
  }
}

/** Indexes the fields of a type by all the names that ProtoJSON knows them by. */
function fieldsByName(type: Type): ReadonlyMap<string, Field> {
  let index = indexes.get(type);
  if (!index) {
    index = new Map(
      type.fieldsArray.flatMap((field) => [field.name, field.protoName, field.jsonName].map((name) => [name, field])),
    );
    indexes.set(type, index);
  }
  return index;
}

/** Gives what a key that fits stands for: numbers may be written with zeros before them. */
function numberOf({ keyType }: MapField, key: string): string | bigint {
  return keyType === 'string' || keyType === 'bool' ? key : BigInt(key);
}

/** Finds the first value of a list that does not fit, by halves: all of it is read about twice. */
function indexOfMisfit(items: readonly unknown[], fits: (some: readonly unknown[]) => boolean): number {
  let from = 0;
  let to = items.length;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (fits(items.slice(from, middle))) from = middle;
    else to = middle;
  }
  return from;
}

function isMany({ map, repeated }: Field): boolean {
  return map || repeated;
}

function takesNull({ resolvedType }: Field): boolean {
  if (resolvedType instanceof Type) return wellKnown(resolvedType) === 'Value';
  return resolvedType instanceof Enum && resolvedType.fullName === '.google.protobuf.NullValue';
}

/** Tells whether it is base64 of either alphabet, padded or not, without bits that belong to no byte. */
function isCanonicalBase64(text: string): boolean {
  if (!BASE64.test(text)) return false;
  const digits = text.replace(/=+$/, '');
  if (digits.length !== text.length && text.length % 4 !== 0) return false;
  const spare = digits.length % 4;
  if (spare === 0) return true;
  const bits = spare === 2 ? 4 : 2;
  return spare !== 1 && digitOf(digits.at(-1) as string) % 2 ** bits === 0;
}

function digitOf(character: string): number {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(
    character.replace('-', '+').replace('_', '/'),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
