import type { Field, MapField, Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { typeOfFieldAlone } from './field-alone.ts';
import { zeroKey } from './map-keys.ts';

/** Remembers why a field refuses numbers that its enum does not know; nothing where it takes them. */
const unknownNumbers = new WeakMap<Field, string>();

/**
 * Says why a message refuses its ProtoJSON; nothing where it takes it, and can write it again.
 *
 * @param written is the type that writes it: that of a field alone, where the value is of one.
 */
export function misfit(type: Type, value: unknown, lenient: boolean, written: Type = type): string | undefined {
  try {
    protojson.toJson(written, protojson.fromJson(type, value, { ignoreUnknownFields: lenient }));
    return undefined;
  } catch (thrown) {
    return wordsOf(thrown);
  }
}

/** Says why a field refuses a value. */
export function misfitOf(field: Field, value: unknown, lenient: boolean): string | undefined {
  return misfit(field.parent as Type, { [field.name]: value }, lenient, typeOfFieldAlone(field));
}

/**
 * Says why a field refuses a number that its enum does not know. Whether an enum is open protobufjs tells by what it takes: it is
 * asked once a field, for it says the same of all such numbers.
 */
export function misfitOfUnknownNumber(field: Field, number: number): string | undefined {
  let reason = unknownNumbers.get(field);
  if (reason === undefined) {
    const value = field.map ? { [zeroKey(field as Field & MapField)]: number } : field.repeated ? [number] : number;
    reason = misfitOf(field, value, false) ?? '';
    unknownNumbers.set(field, reason);
  }
  return reason === '' ? undefined : reason;
}

/** Gives what protobufjs says without what it quotes: types in the place of the way, and values. */
export function wordsOf(thrown: unknown): string {
  const words = /^(?:\.[\w.]+: |google\.protobuf\.\w+\.\w+: )?([^:"]+)/.exec((thrown as Error).message)?.[1];
  return words?.replace(/^google\.protobuf\.(\w+)/, '$1') ?? 'not readable';
}
