import { FlagError, type FlagType } from '@flagz/core';
import { Type } from 'protobufjs';
import { decodeBase64, isBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { MessageCodec } from './message-codec.ts';
import { type Proto3Options, reflectedCodec, refuseUnknownFields } from './reflected-codec.ts';
import { refuseRoundedNumbers } from './scan-json.ts';
import { pathOfUnknownFields } from './unknown-fields.ts';
import { Way } from './way.ts';

const BASE64 = 'base64:';
const EXPECTED = 'expected ProtoJSON in braces, or base64: and the binary form';

/**
 * Makes a flag type of protobuf messages.
 *
 * Text that starts with `{` is ProtoJSON (https://protobuf.dev/programming-guides/json/): both names of a field, enums by
 * name or number, 64-bit integers as strings. `base64:` and strict base64 is the binary form. Sources that deliver bytes may
 * deliver the binary form as it is: bytes that begin with `{`, are `base64:` text, or nothing but white space, are read as
 * text, others as binary. Printable ones may have no unknown field then, whatever the options: they may be a slip.
 * No bytes at all are refused, although they are the binary form of an empty message: so is every lost value.
 *
 * Writes ProtoJSON with sorted keys and the schema's field names. Values are frozen, but for bytes, which JavaScript
 * cannot freeze; two are equal when their canonical texts are.
 *
 * @param message is a reflected type of protobufjs 8.8.1 or newer, a class that has one as `$type`, or any {@link MessageCodec}.
 * @throws {FlagError} with code FLAGZ_DECLARATION when it is none of them, or its schema cannot be used.
 * @throws {TypeError} when the options are none.
 * @example
 * const pricing = flags.dynamic('pricing', proto3<Pricing>(root.lookupType('demo.Pricing')), { currency: 'EUR' }, 'Prices.');
 * pricing.setText('{"currency":"USD","cents":"250"}');
 */
export function proto3<T extends object>(
  message: Type | { readonly $type: Type },
  options?: Proto3Options,
): FlagType<T>;
export function proto3<T extends object>(message: MessageCodec<T>): FlagType<T>;
export function proto3<T extends object>(
  message: MessageCodec<T> | Type | { readonly $type: Type },
  options?: Proto3Options,
): FlagType<T> {
  const codec = codecOf<T>(message, options);
  const fromBinary = (bytes: Uint8Array, printable = false): T => {
    if (bytes.length === 0) throw new Error(EXPECTED);
    return reading(codec, 'the binary form', () => {
      if (printable) refuseUnknownFields(codec, bytes);
      return codec === message ? known(codec.decode(bytes)) : codec.decode(bytes);
    });
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
      if (text === undefined) return fromBinary(bytes);
      if (isWritten(text)) return this.parse(text);
      const printable = isPrintable(text);
      try {
        return fromBinary(bytes, printable);
      } catch (error) {
        if (!printable) throw error;
        return readInstead(() => this.parse(text), error as Error);
      }
    },
    format(value) {
      const text = codec.toJsonString(value);
      return codec === message ? canonicalOf(codec, text) : text;
    },
  };
}

/** Makes the codec of whatever stands for a message. @throws {FlagError} when nothing does. */
function codecOf<T extends object>(message: unknown, options: Proto3Options | undefined): MessageCodec<T> {
  if (message instanceof Type) return reflectedCodec<T>(message, options);
  if ((typeof message === 'object' || typeof message === 'function') && message !== null) {
    if ('$type' in message && message.$type instanceof Type) return reflectedCodec<T>(message.$type, options);
    if ('fromJsonString' in message || 'toJsonString' in message) return checkedCodec(message as MessageCodec<T>);
  }
  const what = 'expected a reflected type of protobufjs, a class that has one as $type, or a MessageCodec';
  throw new FlagError(
    'FLAGZ_DECLARATION',
    `proto3: ${what}; where it is a type, see that protobufjs is installed once`,
  );
}

/** @throws {FlagError} when a method is missing, which would show only once a value needs it. */
function checkedCodec<T>(codec: MessageCodec<T>): MessageCodec<T> {
  const methods = ['fromJsonString', 'toJsonString', 'decode', 'encode'] as const;
  const missing = methods.filter((name) => typeof codec[name] !== 'function');
  if (missing.length === 0) return codec;
  throw new FlagError(
    'FLAGZ_DECLARATION',
    `proto3: the MessageCodec has no method ${missing.join(', ')}; add what is missing`,
  );
}

/** Passes on why a message is refused. */
function reading<T extends object>(codec: MessageCodec<T>, form: string, read: () => T): T {
  try {
    return deepFreeze(expectMessage(read()));
  } catch (thrown) {
    throw new Error(`expected ${form} of ${codec.typeName ?? 'the message'}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/**
 * Reads as text what is no binary form. What a human wrote, JSON after blank lines or none at all, gets the answer that helps
 * a human; bytes of a message that was cut may look the same, and so the other answer follows.
 */
function readInstead<T>(readText: () => T, asBytes: Error): T {
  try {
    return readText();
  } catch (asText) {
    throw new Error(`${(asText as Error).message}; as bytes: ${asBytes.message}`, { cause: asText });
  }
}

/** @throws {Error} when the codec kept fields that the schema does not know: they would be lost in the canonical text. */
function known<T extends object>(message: T): T {
  const path = pathOfUnknownFields(message);
  if (path) throw new Way(path).fault('unknown field');
  return message;
}

/** @throws {Error} when the codec gave something else, which would show only where the value is used. */
function expectMessage<T extends object>(value: T): T {
  if (kindOf(value) !== 'an object') throw unexpected('a message', value);
  return value;
}

/** Makes the error about what a codec gave instead. */
function unexpected(what: string, value: unknown): Error {
  // The rejection of a Promise must not end the process either.
  if (isPromise(value)) Promise.resolve(value).catch(() => {});
  return new Error(`expected ${what} from the codec, got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (isPromise(value)) return 'a Promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isPromise(value: unknown): boolean {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}

/** Writes the text of a codec canonically. @throws {Error} when it is no JSON, or a number in it would be another one then. */
function canonicalOf<T>(codec: MessageCodec<T>, text: unknown): string {
  try {
    if (typeof text !== 'string') throw unexpected('a text', text);
    const value: unknown = JSON.parse(text);
    refuseRoundedNumbers(text);
    return canonicalJson(value);
  } catch (thrown) {
    throw new Error(`toJsonString of ${codec.typeName ?? 'the message'}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/** JSON.parse quotes what it read; everything else is the codec's to word. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof SyntaxError) return 'not valid JSON';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Tells text from the binary form. A brace opens a group there, which proto3 does not have; `base64:` may be the beginning
 * of a field, but hardly goes on as base64 to its end; and white space is left where somebody emptied a file.
 */
function isWritten(text: string): boolean {
  if (text.trim() === '') return true;
  return text.startsWith('{') || (text.startsWith(BASE64) && isBase64(text.trim().slice(BASE64.length)));
}

/** Tells whether somebody may have written it as text, whatever it is. */
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
