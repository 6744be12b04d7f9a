import { FlagError } from '@flagz/core';
import { type Field, type Message, Reader, type Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { locateFault } from './locate-fault.ts';
import type { MessageCodec } from './message-codec.ts';

/** Configures how strict the reading is. */
export interface Proto3Options {
  /** Takes fields and enum names that the schema does not know, and drops them: for who rolls out schemas later. @default false */
  readonly allowUnknownFields?: boolean;
}

/**
 * Makes the codec of a reflected protobufjs type.
 *
 * @throws {FlagError} with code FLAGZ_DECLARATION when the schema names types that were not loaded.
 */
export function reflectedCodec<T extends object>(
  type: Type,
  { allowUnknownFields = false }: Proto3Options = {},
): MessageCodec<T> {
  resolve(type);
  const read = (bytes: Uint8Array): Message => {
    const reader = Reader.create(bytes);
    // Kept only to be found and refused.
    reader.discardUnknown = allowUnknownFields;
    return type.decode(reader);
  };
  const options = { ignoreUnknownFields: allowUnknownFields };
  return {
    typeName: nameOf(type),
    fromJsonString(text) {
      try {
        const message = protojson.fromJsonString(type, text, options);
        // Through the binary form, so that nested messages are of one kind whatever they were read from.
        return read(type.encode(message).finish()) as T;
      } catch (thrown) {
        throw explained(type, text, thrown, options);
      }
    },
    toJsonString: (message) => JSON.stringify(withOriginalNames(type, protojson.toJson(type, message))),
    decode(bytes) {
      const message = read(bytes);
      refuseUnknown(type, message, []);
      return message as T;
    },
    encode: (message) => type.encode(message).finish(),
  };
}

/** Finds what the fields refer to, now rather than at the first value that has them. */
function resolve(type: Type): void {
  try {
    type.root.resolveAll();
  } catch (cause) {
    const message = `message ${nameOf(type)}: ${(cause as Error).message}; load the .proto files that it imports, too`;
    throw new FlagError('FLAGZ_DECLARATION', message, { cause });
  }
}

/** Says where and what, in the place of what protobufjs says: that names types instead of the way, and quotes values. */
function explained(type: Type, text: string, thrown: unknown, options: protojson.IProtoJsonOptions): Error {
  const [, what = 'not valid JSON'] =
    /^(?:\.[\w.]+: )?([^:"]+)/.exec(thrown instanceof SyntaxError ? '' : (thrown as Error).message) ?? [];
  let where = '';
  try {
    where = locateFault(JSON.parse(text), (part) => !isReadable(type, part, options));
  } catch {
    // No JSON: there is no way to the fault.
  }
  return new Error(where === '' ? what : `${where}: ${what}`);
}

function isReadable(type: Type, part: unknown, options: protojson.IProtoJsonOptions): boolean {
  try {
    protojson.fromJson(type, part, options);
    return true;
  } catch {
    return false;
  }
}

/** @throws {Error} with the path of the message that carries an unknown field. */
function refuseUnknown(
  type: Type,
  message: Message & { $unknowns?: readonly Uint8Array[] },
  path: readonly string[],
): void {
  if (message.$unknowns?.length) throw new Error(`${path.length > 0 ? `${path.join('.')}: ` : ''}unknown field`);
  for (const field of type.fieldsArray) {
    const { resolvedType } = field.resolve();
    if (!resolvedType || !('fieldsArray' in resolvedType)) continue;
    const value: unknown = (message as unknown as Record<string, unknown>)[field.name];
    for (const [key, child] of childrenOf(field, value))
      refuseUnknown(resolvedType, child as Message, [...path, field.protoName, ...key]);
  }
}

/** Gives the messages that a field holds, each with what leads to it. */
function childrenOf(field: Field, value: unknown): readonly (readonly [key: readonly string[], child: unknown])[] {
  if (typeof value !== 'object' || value === null) return [];
  if (field.map || field.repeated) return Object.entries(value).map(([key, child]) => [[key], child]);
  return [[[], value]];
}

/** Renames the members of ProtoJSON from their JSON names to those of the schema; well-known types have no members to rename. */
function withOriginalNames(type: Type, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isWellKnown(type)) return value;
  const fields = new Map(type.fieldsArray.map((field) => [field.jsonName, field]));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const field = fields.get(key);
      if (!field) return [key, member];
      const { resolvedType } = field.resolve();
      return [
        field.protoName,
        resolvedType && 'fieldsArray' in resolvedType ? renameMembers(field, resolvedType, member) : member,
      ];
    }),
  );
}

function renameMembers(field: Field, type: Type, member: unknown): unknown {
  if (field.map && typeof member === 'object' && member !== null) {
    return Object.fromEntries(Object.entries(member).map(([key, child]) => [key, withOriginalNames(type, child)]));
  }
  return Array.isArray(member) && field.repeated
    ? member.map((child) => withOriginalNames(type, child))
    : withOriginalNames(type, member);
}

function isWellKnown(type: Type): boolean {
  return type.fullName.startsWith('.google.protobuf.');
}

function nameOf(type: Type): string {
  return type.fullName.replace(/^\./, '');
}
