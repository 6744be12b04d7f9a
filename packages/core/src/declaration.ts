import { FlagError, reasonOf } from './errors.ts';
import { quote } from './escape.ts';
import type { FlagOptions } from './flag.ts';
import type { FlagNode, Held } from './flag-node.ts';
import type { FlagType, FlagTypeOfDefault } from './flag-type.ts';
import { formatValue, readRaw } from './read-value.ts';

/** Is good as a ConfigMap key, as a part of an etcd key, and as an option of a command line. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/** Is what a program says of a flag. */
export interface Declaration<T> extends FlagOptions {
  readonly name: string;
  readonly type: FlagType<T> | FlagTypeOfDefault;
  readonly defaultValue: T;
  readonly usage: string;
  readonly dynamic: boolean;
}

/** Says that the program itself is wrong: such errors are thrown where a flag is declared, never at run time. */
export function misdeclared(set: string, message: string, cause?: unknown): FlagError {
  return new FlagError('FLAGZ_DECLARATION', `flag set "${set}": ${message}`, cause === undefined ? {} : { cause });
}

/** One for all: most flags have none, and each list of their own would be fetched from memory at each change. */
const NONE: readonly never[] = [];

/**
 * Makes the node of a flag.
 *
 * @throws {FlagError} when the name is malformed, or the default is not a value of the type.
 */
export function makeNode<T>(set: string, declaration: Declaration<T>, ordinal: number): FlagNode {
  const { name, usage, dynamic, sensitive = false, deprecated } = declaration;
  if (!NAME.test(name)) throw misdeclared(set, `flag ${quote(name)}: a name must match ${NAME.source}`);
  const { type, held } = readDefault(set, declaration, sensitive);
  return {
    name,
    type,
    usage,
    dynamic,
    sensitive,
    deprecated,
    ordinal,
    defaultHeld: held,
    held,
    layer: undefined,
    lastChange: undefined,
    awaited: undefined,
    validators: NONE,
    invariants: NONE,
    dependents: NONE,
    notifiers: undefined,
    face: undefined,
  };
}

/** Reads the default as any other value, so that it is frozen, canonical, and not the caller's own object. */
function readDefault<T>(
  set: string,
  { name, type, defaultValue }: Declaration<T>,
  sensitive: boolean,
): { readonly type: FlagType<T>; readonly held: Held } {
  try {
    const shape = 'forDefault' in type ? type.forDefault(defaultValue) : type;
    const subject = { name, type: shape, sensitive };
    const { value, text } = readRaw(subject, formatValue(subject, defaultValue));
    // Field by field, in the order of all that are held: to spread takes as long as all the rest of a declaration.
    return { type: shape, held: { value, text, raw: undefined, revision: undefined, time: 0, origin: undefined } };
  } catch (cause) {
    throw misdeclared(set, `the default is refused: ${reasonOf(cause)}`, cause);
  }
}
