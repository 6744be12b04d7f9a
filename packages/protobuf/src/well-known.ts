import { Namespace, type ReflectionObject, Type } from 'protobufjs';
import { unsupportedIn } from './schema.ts';
import type { Way } from './way.ts';

/** Says what a Value cannot hold. */
export const NOT_FINITE = 'neither NaN nor infinite numbers fit in JSON';
/** Says that a Value holds nothing, of which protobufjs makes null. */
export const NO_VALUE = 'expected a value';

const PACKAGE = '.google.protobuf.';
const WRAPPERS = /^(?:Bool|Bytes|Double|Float|Int32|Int64|String|UInt32|UInt64)Value$/;
const OTHERS = new Set(['Any', 'Duration', 'FieldMask', 'ListValue', 'Struct', 'Timestamp', 'Value']);

/** Remembers: protobufjs puts a full name together whenever it is asked for one. */
const names = new WeakMap<Type, string>();

/**
 * Gives the short name of a well-known type that has a JSON form of its own, such as `Duration`
 * (https://protobuf.dev/programming-guides/json/); nothing for all other messages, `google.protobuf.Empty` included.
 */
export function wellKnown(type: Type): string | undefined {
  let name = names.get(type);
  if (name === undefined) {
    const { fullName } = type;
    const short = fullName.startsWith(PACKAGE) ? fullName.slice(PACKAGE.length) : '';
    name = OTHERS.has(short) || WRAPPERS.test(short) ? short : '';
    names.set(type, name);
  }
  return name === '' ? undefined : name;
}

/** Tells whether it is a wrapper of a scalar, whose JSON form is that of its `value`. */
export function isWrapper(name: string | undefined): boolean {
  return name !== undefined && WRAPPERS.test(name);
}

/** Tells whether the text of a mask, which puts commas between its paths, can hold a path. */
export function isMaskPath(path: string): boolean {
  return /^[^,\s]+$/.test(path);
}

/** Refuses a mask whose text would be another mask, or none. @throws {Error} with the way to the path. */
export function checkMask(mask: object, way: Way): void {
  const { paths } = mask as { readonly paths?: readonly string[] | null };
  const index = paths?.findIndex((path) => !isMaskPath(path)) ?? -1;
  if (index === -1) return;
  way.push('paths');
  throw way.faultAt(index, 'JSON cannot hold this path');
}

/**
 * Finds the type of what is in an Any, where the schema has it. Walks by itself: `lookup` of protobufjs finds types of that name
 * in any package, and keeps every name that it does not find for ever.
 */
export function typeInAny(any: Type, typeUrl: string): Type | undefined {
  let found: ReflectionObject | null = any.root;
  for (const part of nameIn(typeUrl).split('.')) found = found instanceof Namespace ? found.get(part) : null;
  return found instanceof Type ? found : undefined;
}

/**
 * Finds the type of what is in an Any, and sees that it can be read: which types there are only the Any tells.
 *
 * @throws {Error} made by `fault`, when its URL is none, or the schema does not have the type, or it is one of proto2.
 */
export function expectTypeInAny(any: Type, typeUrl: string, fault: (what: string) => Error): Type {
  if (!typeUrl.includes('/')) throw fault('expected a URL, with a slash before the name of the type');
  const inner = typeInAny(any, typeUrl);
  if (!inner) throw fault(noSuchType(typeUrl));
  const what = unsupportedIn(inner);
  if (what !== undefined) throw fault(what);
  return inner;
}

/** Gives what is in an Any that was read, or that a program made, whatever the schema calls its fields. */
export function partsOfMadeAny(
  any: Type,
  message: Readonly<Record<string, unknown>>,
): { readonly url: string; readonly urlName: string; readonly value: Uint8Array } {
  const [urlName, valueName] = [any.fieldsById[1]?.name ?? '', any.fieldsById[2]?.name ?? ''];
  const ownOf = (name: string): unknown => (Object.hasOwn(message, name) ? message[name] : undefined);
  return {
    url: (ownOf(urlName) ?? '') as string,
    urlName,
    value: (ownOf(valueName) ?? new Uint8Array()) as Uint8Array,
  };
}

/** Says that there is no such type. */
export function noSuchType(typeUrl: string): string {
  return `the schema has no type ${JSON.stringify(nameIn(typeUrl).slice(0, 80))}`;
}

function nameIn(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}
