import { type Field, Type } from 'protobufjs';
import { noSuchType, typeInAny, wellKnown } from './well-known.ts';

const indexes = new WeakMap<Type, ReadonlyMap<string, Field>>();

/** Renames the members of ProtoJSON from their JSON names to those of the schema; well-known types have none to rename. */
export function withOriginalNames(type: Type, value: unknown): unknown {
  const special = wellKnown(type);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (special === 'Any') return inAny(type, value as Readonly<Record<string, unknown>>);
  if (special !== undefined) return value;
  const fields = fieldsByJsonName(type);
  return mapEntries(value, (key, member) => {
    const field = fields.get(key);
    return field ? [field.protoName, renamed(field, member)] : [key, member];
  });
}

/** Indexes the fields of a type by their JSON names. */
export function fieldsByJsonName(type: Type): ReadonlyMap<string, Field> {
  let index = indexes.get(type);
  if (!index) {
    index = new Map(type.fieldsArray.map((field) => [field.jsonName, field]));
    indexes.set(type, index);
  }
  return index;
}

/** Renames what is in the value of a field. */
export function renamed(field: Field, member: unknown): unknown {
  const { resolvedType } = field;
  if (!(resolvedType instanceof Type)) return member;
  if (field.map) return mapEntries(member as object, (key, child) => [key, withOriginalNames(resolvedType, child)]);
  if (field.repeated) return (member as readonly unknown[]).map((child) => withOriginalNames(resolvedType, child));
  return withOriginalNames(resolvedType, member);
}

/** The members of an ordinary message stand beside the URL of its type, those of a well-known type in `value`. */
function inAny(type: Type, { '@type': url, ...rest }: Readonly<Record<string, unknown>>): unknown {
  if (typeof url !== 'string') return {};
  const inner = typeInAny(type, url);
  if (!inner) throw new Error(noSuchType(url));
  const members =
    wellKnown(inner) === undefined
      ? withOriginalNames(inner, rest)
      : { value: withOriginalNames(inner, rest['value']) };
  return { '@type': url, ...(members as object) };
}

function mapEntries(value: object, rename: (key: string, member: unknown) => readonly [string, unknown]): unknown {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => rename(key, member)));
}
