import type { FlagType } from '@flagz/core';
import type { Type } from 'protobufjs';
import { decodeBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { MessageCodec } from './message-codec.ts';
import { type Proto3Options, reflectedCodec } from './reflected-codec.ts';
import { pathOfUnknownFields } from './unknown-fields.ts';

const BASE64 = 'base64:';
const EXPECTED = 'expected ProtoJSON in braces, or base64: and the binary form';

/**
 * Makes a flag type of protobuf messages.
 *
 * Text that starts with `{` is ProtoJSON (https://protobuf.dev/programming-guides/json/): both names of a field, enums by
 * name or number, 64-bit integers best as strings. `base64:` and strict base64 is the binary form. Sources that deliver
 * bytes may deliver the binary form as it is: bytes that are ProtoJSON or `base64:` text are read as such, others as
 * binary. No bytes at all are refused, although they are the binary form of an empty message: so is every lost value.
 *
 * Writes ProtoJSON with sorted keys and the schema's field names. Values are frozen, but for bytes, which JavaScript
 * cannot freeze; two are equal when their canonical texts are.
 *
 * @param message is a reflected type of protobufjs 8.6 or newer, or any {@link MessageCodec}.
 * @example
 * const pricing = flags.dynamic('pricing', proto3<Pricing>(root.lookupType('demo.Pricing')), { currency: 'EUR' }, 'Prices.');
 * pricing.setText('{"currency":"USD","cents":"250"}');
 */
export function proto3<T extends object>(message: Type, options?: Proto3Options): FlagType<T>;
export function proto3<T extends object>(message: MessageCodec<T>): FlagType<T>;
export function proto3<T extends object>(message: MessageCodec<T> | Type, options?: Proto3Options): FlagType<T> {
  const codec = 'fieldsArray' in message ? reflectedCodec<T>(message, options) : message;
  const fromBinary = (bytes: Uint8Array): T => {
    if (bytes.length === 0) throw new Error(EXPECTED);
    return reading(codec, 'the binary form', () => known(codec.decode(bytes)));
  };
  const fromJson = (text: string): T => reading(codec, 'ProtoJSON', () => codec.fromJsonString(text));
  return {
    name: codec.typeName === undefined ? 'proto3' : `proto3 ${codec.typeName}`,
    parse(text) {
      const trimmed = text.trim();
      if (trimmed.startsWith('{')) return fromJson(trimmed);
      if (trimmed.startsWith(BASE64)) return fromBinary(decodeBase64(trimmed.slice(BASE64.length)));
      throw new Error(EXPECTED);
    },
    parseBytes(bytes) {
      const text = textOf(bytes);
      if (text !== undefined && isWritten(text)) return this.parse(text);
      try {
        return fromBinary(bytes);
      } catch (error) {
        // What a human wrote gets the answer that helps a human.
        throw text !== undefined && isPrintable(text) ? new Error(EXPECTED) : error;
      }
    },
    format: (value) => canonicalJson(JSON.parse(codec.toJsonString(value))),
  };
}

/** Passes on why a message is refused. */
function reading<T extends object>(codec: MessageCodec<T>, form: string, read: () => T): T {
  try {
    return deepFreeze(read());
  } catch (thrown) {
    throw new Error(`expected ${form} of ${codec.typeName ?? 'the message'}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/** @throws {Error} when the codec kept fields that the schema does not know: they would be lost in the canonical text. */
function known<T extends object>(message: T): T {
  const path = pathOfUnknownFields(message);
  if (path) throw new Error(path.length === 0 ? 'unknown field' : `${path.join('.')}: unknown field`);
  return message;
}

/** JSON.parse quotes what it read; everything else is the codec's to word. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof SyntaxError) return 'not valid JSON';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Tells text from the binary form, which may begin with a newline and a brace as well, but not with a brace. */
function isWritten(text: string): boolean {
  const trimmed = text.trim();
  if (text.startsWith('{') || trimmed.startsWith(BASE64)) return true;
  if (!trimmed.startsWith('{')) return false;
  try {
    return JSON.parse(trimmed) !== undefined;
  } catch {
    return false;
  }
}

function isPrintable(text: string): boolean {
  return !/[^\P{Cc}\t\r\n]/u.test(text);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
