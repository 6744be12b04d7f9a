import { FlagError, reasonOf } from './errors.ts';
import type { FlagType, FlagTypeOfDefault } from './flag-type.ts';
import { type ReadValue, formatValue, readRaw } from './read-value.ts';

/** Says that the program itself is wrong: such errors are thrown where a flag is declared, never at run time. */
export function misdeclared(set: string, message: string, cause?: unknown): FlagError {
  return new FlagError('FLAGZ_DECLARATION', `flag set "${set}": ${message}`, cause === undefined ? {} : { cause });
}

/**
 * Reads the default as any other value, so that it is frozen, canonical, and not the caller's own object.
 *
 * @throws {FlagError} when it is not a value of the type.
 */
export function readDefault<T>(
  set: string,
  name: string,
  type: FlagType<T> | FlagTypeOfDefault,
  defaultValue: T,
  sensitive: boolean,
): ReadValue & { readonly type: FlagType<T> } {
  try {
    const shape = 'forDefault' in type ? type.forDefault(defaultValue) : type;
    const subject = { name, type: shape, sensitive };
    return { type: shape, ...readRaw(subject, formatValue(subject, defaultValue)) };
  } catch (cause) {
    throw misdeclared(set, `the default is refused: ${reasonOf(cause)}`, cause);
  }
}
