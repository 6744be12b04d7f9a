import { Enum, type Field, Reader, types } from 'protobufjs';
import { WireCursor } from './wire-cursor.ts';

/** Gives the wire types of scalars. */
export const BASIC: Readonly<Record<string, number | undefined>> = types.basic;
export const LENGTH_DELIMITED = 2;
const PACKABLE: Readonly<Record<string, number | undefined>> = types.packed;

/** Gives the wire type of a field that is not packed. */
export function wireOf(field: Field): number {
  return field.map ? LENGTH_DELIMITED : wireOfValue(field);
}

/** Gives the wire type of one value of a field, also of a map's. */
export function wireOfValue({ resolvedType, type }: Field): number {
  return resolvedType instanceof Enum ? 0 : (BASIC[type] ?? LENGTH_DELIMITED);
}

/** Tells whether a list may come in one piece. */
export function isPackable({ resolvedType, type }: Field): boolean {
  return resolvedType instanceof Enum || PACKABLE[type] !== undefined;
}

/** Tells whether the last varint is a number of the type. */
export function fitsVarint(type: string, { low, high }: WireCursor): boolean {
  if (type === 'bool') return high === 0 && low <= 1;
  if (type === 'uint32' || type === 'sint32') return high === 0;
  if (type === 'int32') return low < 0x8000_0000 ? high === 0 : high === 0xffff_ffff;
  return true;
}

/** Reads an Any that was checked as a message already. */
export function partsOfAny(bytes: Uint8Array): { readonly url: string; readonly value: Uint8Array } {
  const cursor = new WireCursor(bytes, (what) => new Error(what));
  let url = '';
  let value = new Uint8Array();
  while (cursor.position < cursor.end) {
    const { id, wire } = cursor.tag();
    const from = cursor.position;
    cursor.skip(wire);
    if (wire !== LENGTH_DELIMITED || id > 2) continue;
    const content = Reader.create(cursor.bytes.subarray(from, cursor.position)).bytes();
    if (id === 1) url = new TextDecoder().decode(content);
    else value = new Uint8Array(content);
  }
  return { url, value };
}
