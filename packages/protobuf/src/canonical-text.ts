import { type Field, MapField, Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { canonicalJson } from './canonical-json.ts';
import { fieldsByJsonName, renamed, withOriginalNames } from './original-names.ts';
import { wellKnown } from './well-known.ts';

const LONG_KEYS = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

type Member = readonly [name: string, text: string];

/**
 * Writes a message as compact ProtoJSON with sorted keys and the schema's field names.
 *
 * Messages in messages are walked here, in one go; what values look like is protobufjs' to say, which is asked once a
 * message, and not at all for one that holds none.
 *
 * @throws {Error} for a value that has no JSON form.
 */
export function canonicalText(type: Type, message: object): string {
  if (wellKnown(type) !== undefined) return canonicalJson(withOriginalNames(type, protojson.toJson(type, message)));
  const members: Member[] = [];
  let leaves: Record<string, unknown> | undefined;
  for (const key of Object.keys(message)) {
    const value = (message as Readonly<Record<string, unknown>>)[key];
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    if (!field || isEmpty(field, value)) continue;
    const inner = messageIn(field);
    if (inner) members.push([field.protoName, textOfMessages(field, inner, value as object)]);
    else (leaves ??= Object.create(null) as Record<string, unknown>)[key] = value;
  }
  if (leaves) addLeaves(members, type, leaves);
  return objectOf(members);
}

/** Tells whether a field is not to be written, as far as that takes no look at a value: messages hold all their lists and maps. */
function isEmpty(field: Field, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return field.map && Object.keys(value).length === 0;
}

/** Gives the type of the messages in a field, where they are walked here. */
function messageIn(field: Field): Type | undefined {
  const { resolvedType } = field;
  if (!(resolvedType instanceof Type) || wellKnown(resolvedType) !== undefined) return undefined;
  // protobufjs keeps such keys in a form of its own.
  return field instanceof MapField && LONG_KEYS.has(field.keyType) ? undefined : resolvedType;
}

function textOfMessages(field: Field, type: Type, value: object): string {
  if (Array.isArray(value))
    return `[${(value as readonly object[]).map((item) => canonicalText(type, item)).join(',')}]`;
  if (!field.map) return canonicalText(type, value);
  const entries = Object.entries(value as Readonly<Record<string, object>>);
  return objectOf(entries.map(([key, item]) => [key, canonicalText(type, item)]));
}

function addLeaves(members: Member[], type: Type, leaves: object): void {
  const fields = fieldsByJsonName(type);
  for (const [key, member] of Object.entries(protojson.toJson(type, leaves) as object) as [string, unknown][]) {
    const field = fields.get(key);
    members.push(field ? [field.protoName, canonicalJson(renamed(field, member))] : [key, canonicalJson(member)]);
  }
}

function objectOf(members: Member[]): string {
  if (members.length === 0) return '{}';
  if (members.length > 1) members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}
