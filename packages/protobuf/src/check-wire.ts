import { Enum, type Field, type MapField, Reader, Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { MAX_DEPTH } from './check-json.ts';
import { misfitOfUnknownNumber, wordsOf } from './fits.ts';
import { zeroKey } from './map-keys.ts';
import { Way } from './way.ts';
import { checkMask, expectTypeInAny, NO_VALUE, NOT_FINITE, wellKnown } from './well-known.ts';
import { WireCursor } from './wire-cursor.ts';
import { BASIC, LENGTH_DELIMITED, fitsVarint, isPackable, partsOfAny, wireOf, wireOfValue } from './wire-types.ts';

const MAP_KEY = 1;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks the binary form against its type, in one walk. Readers of protobuf let the last of several values win, merge
 * messages and cut numbers, so that any bytes are some message: fine between programs, not for what somebody put somewhere.
 *
 * @param lenient leaves unknown fields alone.
 * @param at is where in another message the bytes are.
 * @throws {Error} with the way to the first fault.
 */
export function checkWire(
  type: Type,
  bytes: Uint8Array,
  lenient: boolean,
  at: { readonly way: Way; readonly depth: number } = { way: new Way(), depth: 0 },
): void {
  new WireWalk(bytes, lenient, at.way).run(type, at.depth);
}

/** Counts what a message held so far: by field, by oneof, and by field and key. */
type Seen = Map<unknown, number>;

class WireWalk {
  #cursor: WireCursor;
  readonly #lenient: boolean;
  readonly #way: Way;
  #reader: Reader | undefined;

  constructor(bytes: Uint8Array, lenient: boolean, way: Way) {
    this.#cursor = this.#cursorOn(bytes);
    this.#lenient = lenient;
    this.#way = way;
  }

  run(type: Type, depth: number): void {
    this.#message(type, this.#cursor.end, depth);
  }

  #message(type: Type, end: number, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#way.fault('nested deeper than 100 levels');
    const cursor = this.#cursor;
    const start = cursor.position;
    if (start === end && wellKnown(type) !== 'Value') return;
    const outer = cursor.end;
    cursor.end = end;
    const seen: Seen = new Map();
    while (cursor.position < end) {
      const { id, wire } = cursor.tag();
      const field = type.fieldsById[id];
      if (field) {
        this.#way.push(field.protoName);
        this.#field(field, wire, seen, depth);
        this.#way.pop();
      } else this.#unknown(id, wire);
    }
    cursor.end = outer;
    if (seen.size === 0 && wellKnown(type) === 'Value') throw this.#way.fault(NO_VALUE);
    this.#wellKnown(type, start, end, depth);
  }

  #field(field: Field, wire: number, seen: Seen, depth: number): void {
    const expected = wireOf(field);
    const isPacked = wire === LENGTH_DELIMITED && field.repeated && !field.map && isPackable(field);
    if (wire !== expected && !isPacked) return this.#mistyped(wire);
    if (field.map) return this.#entry(field as MapField & Field, seen, depth);
    if (field.repeated) return this.#items(field, isPacked, seen, depth);
    if (seen.has(field)) throw this.#way.fault('given twice');
    seen.set(field, 1);
    if (field.partOf) {
      if (seen.has(field.partOf)) throw this.#way.fault(`multiple values for oneof ${field.partOf.name}`);
      seen.set(field.partOf, 1);
    }
    this.#value(field, depth);
  }

  #items(field: Field, isPacked: boolean, seen: Seen, depth: number): void {
    // Other fields may lie between the items of a list.
    let index = seen.get(field) ?? 0;
    if (isPacked) {
      const outer = this.#cursor.end;
      this.#cursor.end = this.#cursor.length();
      while (this.#cursor.position < this.#cursor.end) this.#valueAt(index++, field, depth);
      this.#cursor.end = outer;
    } else this.#valueAt(index++, field, depth);
    seen.set(field, index);
  }

  #entry(field: MapField & Field, seen: Seen, depth: number): void {
    const cursor = this.#cursor;
    const end = cursor.length();
    let key = zeroKey(field);
    let value: number | undefined;
    const parts = new Set<number>();
    this.#within(end, () => {
      const { id, wire } = cursor.tag();
      if (id > 2) return this.#unknown(id, wire);
      if (wire !== (id === MAP_KEY ? BASIC[field.keyType] : wireOfValue(field))) return this.#mistyped(wire);
      if (parts.has(id)) throw this.#way.fault(`an entry with two ${id === MAP_KEY ? 'keys' : 'values'}`);
      parts.add(id);
      if (id === MAP_KEY) key = this.#key(field);
      else {
        value = cursor.position;
        cursor.skip(wire);
      }
    });
    const name = `${field.id} ${key}`;
    if (seen.has(name)) throw this.#way.faultAt(key, 'given twice');
    seen.set(name, 1);
    if (value === undefined) {
      if (field.resolvedType instanceof Type && wellKnown(field.resolvedType) === 'Value')
        throw this.#way.faultAt(key, NO_VALUE);
      return;
    }
    cursor.position = value;
    this.#within(end, () => {
      this.#valueAt(key, field, depth);
      cursor.position = end;
    });
  }

  #key(field: MapField): string {
    const { bytes, position } = this.#cursor;
    this.#scalar(field.keyType);
    const reader = this.#readerOf(bytes);
    reader.pos = position;
    return String(reader[field.keyType as 'int32']());
  }

  /** One for all keys: to make one costs more than to read a key. */
  #readerOf(bytes: Uint8Array): Reader {
    if (this.#reader?.buf !== bytes) this.#reader = Reader.create(bytes);
    return this.#reader;
  }

  #valueAt(step: string | number, field: Field, depth: number): void {
    this.#way.push(step);
    this.#value(field, depth);
    this.#way.pop();
  }

  #value(field: Field, depth: number): void {
    const { resolvedType } = field;
    if (resolvedType instanceof Type) {
      const end = this.#cursor.length();
      this.#message(resolvedType, end, depth + 1);
    } else if (resolvedType instanceof Enum) this.#enum(field, resolvedType);
    else this.#scalar(field.type);
    if (field.type === 'double' && wellKnown(field.parent as Type) === 'Value') this.#finite();
  }

  #scalar(type: string): void {
    const cursor = this.#cursor;
    const wire = BASIC[type] as number;
    if (type === 'string') this.#text();
    else cursor.skip(wire);
    if (wire === 0 && !fitsVarint(type, cursor)) throw this.#way.fault(`out of range for ${type}`);
  }

  #text(): void {
    const cursor = this.#cursor;
    const end = cursor.length();
    const from = cursor.position;
    while (cursor.position < end && (cursor.bytes[cursor.position] as number) < 0x80) cursor.position++;
    if (cursor.position === end) return;
    try {
      utf8.decode(cursor.bytes.subarray(from, end));
    } catch {
      throw this.#way.fault('not UTF-8');
    }
    cursor.position = end;
  }

  #enum(field: Field, type: Enum): void {
    const cursor = this.#cursor;
    cursor.varint();
    if (!fitsVarint('int32', cursor)) throw this.#way.fault('out of range for an enum');
    if (this.#lenient || type.valuesById[cursor.low | 0] !== undefined) return;
    const reason = misfitOfUnknownNumber(field, cursor.low | 0);
    if (reason !== undefined) throw this.#way.fault(reason);
  }

  #finite(): void {
    const { bytes, position } = this.#cursor;
    const view = new DataView(bytes.buffer, bytes.byteOffset + position - 8, 8);
    if (!Number.isFinite(view.getFloat64(0, true))) throw this.#way.fault(NOT_FINITE);
  }

  /** Checks what well-known types permit in JSON only, since that is how values are written. */
  #wellKnown(type: Type, start: number, end: number, depth: number): void {
    const name = wellKnown(type);
    if (name === 'Any') this.#any(type, start, end, depth);
    if (name !== 'Duration' && name !== 'Timestamp' && name !== 'FieldMask') return;
    const message = type.decode(this.#cursor.bytes.subarray(start, end));
    if (name === 'FieldMask') checkMask(message, this.#way);
    try {
      protojson.toJson(type, message);
    } catch (thrown) {
      throw this.#way.fault(wordsOf(thrown));
    }
  }

  #any(type: Type, start: number, end: number, depth: number): void {
    const outer = this.#cursor;
    const { url, value } = partsOfAny(outer.bytes.subarray(start, end));
    if (url === '' && value.length === 0) return;
    const inner = expectTypeInAny(type, url, (what) => this.#way.faultAt('@type', what));
    this.#cursor = this.#cursorOn(value);
    this.#message(inner, value.length, depth + 1);
    this.#cursor = outer;
  }

  #unknown(id: number, wire: number): void {
    if (!this.#lenient) throw this.#way.fault(`unknown field ${id}`);
    this.#cursor.skip(wire);
  }

  /** To readers of protobuf, a known field of another kind is one that they do not know. */
  #mistyped(wire: number): void {
    if (!this.#lenient) throw this.#way.fault('of another kind than in the schema');
    this.#cursor.skip(wire);
  }

  #within(end: number, each: () => void): void {
    const outer = this.#cursor.end;
    this.#cursor.end = end;
    while (this.#cursor.position < end) each();
    this.#cursor.end = outer;
  }

  #cursorOn(bytes: Uint8Array): WireCursor {
    return new WireCursor(bytes, (what) => this.#way.fault(what));
  }
}
