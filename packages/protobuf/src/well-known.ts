import { Type } from 'protobufjs';

const PACKAGE = '.google.protobuf.';
const WRAPPERS = /^(?:Bool|Bytes|Double|Float|Int32|Int64|String|UInt32|UInt64)Value$/;
const OTHERS = new Set(['Any', 'Duration', 'FieldMask', 'ListValue', 'Struct', 'Timestamp', 'Value']);

/**
 * Gives the short name of a well-known type that has a JSON form of its own, such as `Duration`
 * (https://protobuf.dev/programming-guides/json/); nothing for all other messages, `google.protobuf.Empty` included.
 */
export function wellKnown({ fullName }: Type): string | undefined {
  if (!fullName.startsWith(PACKAGE)) return undefined;
  const name = fullName.slice(PACKAGE.length);
  return OTHERS.has(name) || WRAPPERS.test(name) ? name : undefined;
}

/** Tells whether it is a wrapper of a scalar, whose JSON form is that of its `value`. */
export function isWrapper(name: string | undefined): boolean {
  return name !== undefined && WRAPPERS.test(name);
}

/** Finds the type of what is in an Any. @throws {Error} when the schema has no such type. */
export function typeInAny(any: Type, typeUrl: string): Type {
  const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
  const found = any.root.lookup(name);
  // What protobufjs finds may be a package, or a type of that name in any package.
  if (found instanceof Type && found.fullName === `.${name}`) return found;
  throw new Error(`the schema has no type ${JSON.stringify(name.slice(0, 80))}`);
}
