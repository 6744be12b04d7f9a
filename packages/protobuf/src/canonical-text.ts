import { type Field, Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { canonicalJson } from './canonical-json.ts';
import { typeOfFieldAlone } from './field-alone.ts';
import { decodeWithKeys } from './map-keys.ts';
import { noSuchType, partsOfMadeAny, typeInAny, wellKnown } from './well-known.ts';

type Member = readonly [name: string, text: string];

/**
 * Writes a message as compact ProtoJSON with sorted keys and the schema's field names.
 *
 * Messages in messages are walked here, in one go; what values look like is protobufjs' to say, which is asked once a
 * field.
 *
 * @throws {Error} for a value that has no JSON form.
 */
export function canonicalText(type: Type, message: object): string {
  const special = wellKnown(type);
  if (special === 'Any') return textOfAny(type, message);
  if (special !== undefined) return canonicalJson(protojson.toJson(type, message));
  return objectOf(membersOf(type, message));
}

function membersOf(type: Type, message: object): Member[] {
  const members: Member[] = [];
  for (const key of Object.keys(message)) {
    const value = (message as Readonly<Record<string, unknown>>)[key];
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    if (!field || isEmpty(field, value)) continue;
    const inner = messageIn(field);
    if (inner) members.push([field.protoName, textOfMessages(field, inner, value as object)]);
    else addLeaf(members, field, value);
  }
  return members;
}

/** The members of an ordinary message stand beside the URL of its type, those of a well-known type in `value`. */
function textOfAny(any: Type, message: object): string {
  const { url, value } = partsOfMadeAny(any, message as Readonly<Record<string, unknown>>);
  if (url === '') return '{}';
  const type = typeInAny(any, url);
  if (!type) throw new Error(noSuchType(url));
  const inner = decodeWithKeys(type, value);
  const members: readonly Member[] =
    wellKnown(type) === undefined ? membersOf(type, inner) : [['value', canonicalText(type, inner)]];
  return objectOf([['@type', JSON.stringify(url)], ...members]);
}

/** Tells whether a field is not to be written, as far as that takes no look at a value: messages hold all their lists and maps. */
function isEmpty(field: Field, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return field.map && Object.keys(value).length === 0;
}

/** Gives the type of the messages in a field, where they are walked here. */
function messageIn({ resolvedType }: Field): Type | undefined {
  if (!(resolvedType instanceof Type)) return undefined;
  const special = wellKnown(resolvedType);
  return special === undefined || special === 'Any' ? resolvedType : undefined;
}

function textOfMessages(field: Field, type: Type, value: object): string {
  if (Array.isArray(value))
    return `[${(value as readonly object[]).map((item) => canonicalText(type, item)).join(',')}]`;
  if (!field.map) return canonicalText(type, value);
  const entries = Object.entries(value as Readonly<Record<string, object>>);
  return objectOf(entries.map(([key, item]) => [key, canonicalText(type, item)]));
}

function addLeaf(members: Member[], field: Field, value: unknown): void {
  const written = protojson.toJson(typeOfFieldAlone(field), { [field.name]: value }) as object;
  for (const member of Object.values(written) as unknown[]) members.push([field.protoName, canonicalJson(member)]);
}

function objectOf(members: Member[]): string {
  if (members.length === 0) return '{}';
  if (members.length > 1) members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}
