import type { Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { canonicalText } from './canonical-text.ts';
import { checkJson } from './check-json.ts';
import { checkMessage } from './check-message.ts';
import { checkWire } from './check-wire.ts';
import { wordsOf } from './fits.ts';
import { decodeWithKeys } from './map-keys.ts';
import type { MessageCodec } from './message-codec.ts';
import { refuseDuplicateKeys } from './scan-json.ts';
import { nameOf, prepare } from './schema.ts';

/** Configures how strict the reading is. */
export interface Proto3Options {
  /** Takes fields and enum names that the schema does not know, and drops them: for who rolls out schemas later. @default false */
  readonly allowUnknownFields?: boolean;
}

/** Holds the types of codecs that let unknown fields go. */
const lenientCodecs = new WeakMap<object, Type>();

/**
 * Makes the codec of a reflected protobufjs type.
 *
 * @throws {FlagError} with code FLAGZ_DECLARATION when the schema names types that were not loaded, or has required fields,
 * groups or extensions, or when code may not be made of it.
 * @throws {TypeError} when the options are none.
 */
export function reflectedCodec<T extends object>(type: Type, options: Proto3Options = {}): MessageCodec<T> {
  const lenient = isLenient(type, options);
  prepare(type);
  const read = new WeakSet<object>();
  const decode = (bytes: Uint8Array): T => {
    const message = decodeWithKeys(type, bytes) as T;
    read.add(message);
    return message;
  };
  const codec: MessageCodec<T> = {
    typeName: nameOf(type),
    fromJsonString(text) {
      const value = parseJson(text);
      refuseDuplicateKeys(text);
      checkJson(type, value, { lenient, every: false });
      try {
        const message = protojson.fromJson(type, value, { ignoreUnknownFields: lenient });
        // Through the binary form, so that nested messages are of one kind whatever they were read from.
        return decode(type.encode(message).finish());
      } catch (thrown) {
        checkJson(type, value, { lenient, every: true });
        throw new Error(wordsOf(thrown), { cause: thrown });
      }
    },
    toJsonString(message) {
      try {
        // What was read is right, and stays so once it is frozen.
        if (!read.has(message) || !Object.isFrozen(message)) checkMessage(type, message, lenient);
        return canonicalText(type, message);
      } catch (cause) {
        throw new Error(`expected a message of ${nameOf(type)}: ${(cause as Error).message}`, { cause });
      }
    },
    decode(bytes) {
      checkWire(type, bytes, lenient);
      return decode(bytes);
    },
    encode: (message) => type.encode(message).finish(),
  };
  if (lenient) lenientCodecs.set(codec, type);
  return codec;
}

/** Refuses unknown fields in the binary form, where the codec is one of those made here, whatever its options. @throws {Error} */
export function refuseUnknownFields(codec: MessageCodec<unknown>, bytes: Uint8Array): void {
  const type = lenientCodecs.get(codec);
  if (type) checkWire(type, bytes, false);
}

/** @throws {TypeError} */
function isLenient(type: Type, options: unknown): boolean {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`message ${nameOf(type)}: options: expected an object`);
  const { allowUnknownFields: lenient = false } = options as { readonly allowUnknownFields?: unknown };
  if (typeof lenient !== 'boolean')
    throw new TypeError(`message ${nameOf(type)}: allowUnknownFields: expected true or false`);
  return lenient;
}

/** JSON.parse quotes what it read, which nobody asked for. @throws {SyntaxError} */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(wordsOfParser((cause as Error).message), { cause });
  }
}

/** Takes no more than the place: where the parser quotes the text, it does so in place of that. */
function wordsOfParser(message: string): string {
  const [, after, position] = /(after)? JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
  if (position === undefined) return 'not valid JSON';
  return `${after ? 'more text after the end of the message' : 'not valid JSON'}, at position ${position}`;
}
