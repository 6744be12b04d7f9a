import { FlagError } from '@flagz/core';
import { type Field, Root, Type } from 'protobufjs';

/** Remembers what Anys name: each value has them looked at again. */
const findings = new WeakMap<Type, string>();

/** Gives the name of a message with its package, as people write it. */
export function nameOf(type: Type): string {
  return type.fullName.replace(/^\./, '');
}

/**
 * Finds what the fields refer to, now rather than at the first value that has them.
 *
 * @throws {FlagError} with code FLAGZ_DECLARATION when a type is missing, or the schema has what no text can hold.
 */
export function prepare(type: Type): void {
  try {
    rooted(type).resolveAll();
  } catch (cause) {
    throw misdeclared(type, `${(cause as Error).message}; load the .proto files that it imports, too`, cause);
  }
  for (const reached of reachable(type)) makeCode(reached, type);
  const what = firstUnsupported(type);
  if (what !== '') throw misdeclared(type, `${what}; use a message without`);
}

/** Says what a message, or one that its fields hold, has that only proto2 knows; nothing where all can be read. */
export function unsupportedIn(type: Type): string | undefined {
  let what = findings.get(type);
  if (what === undefined) {
    what = firstUnsupported(type);
    findings.set(type, what);
  }
  return what === '' ? undefined : what;
}

function firstUnsupported(type: Type): string {
  for (const reached of reachable(type)) {
    for (const field of reached.fieldsArray) {
      const what = unsupported(field);
      if (what) return `${nameOf(reached)}.${field.protoName} is ${what}, which only proto2 knows`;
    }
  }
  return '';
}

/** Makes the code of a type, now rather than at the first value. */
function makeCode(reached: Type, type: Type): void {
  try {
    reached.setup();
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    const what = 'protobufjs makes code of schemas, which is forbidden here';
    const by = '--disallow-code-generation-from-strings, or a Content-Security-Policy';
    const instead = 'give proto3() a codec of protobuf-es, as the README of @flagz/protobuf shows';
    throw misdeclared(type, `${what} (${by}); ${instead}`, cause);
  }
}

/** Gives the root of a type; one that was made by code and belongs nowhere gets a root of its own. */
function rooted(type: Type): Root {
  const { root } = type;
  return root instanceof Root ? root : new Root().add(root).root;
}

/** Lists a type and the types of its fields, and of theirs. */
function reachable(type: Type): Iterable<Type> {
  const types = new Set([type]);
  for (const { fieldsArray } of types) {
    for (const { resolvedType } of fieldsArray) if (resolvedType instanceof Type) types.add(resolvedType);
  }
  return types;
}

/** Names what is not in proto3: a required field would be read as its zero value where it is missing. */
function unsupported(field: Field): string | undefined {
  if (field.required) return 'a required field';
  if (field.delimited) return 'a group';
  return field.declaringField || field.name.startsWith('.') ? 'an extension' : undefined;
}

function misdeclared(type: Type, message: string, cause?: unknown): FlagError {
  return new FlagError(
    'FLAGZ_DECLARATION',
    `message ${nameOf(type)}: ${message}`,
    cause === undefined ? {} : { cause },
  );
}
