/** Throws the reason why a text or a value is refused; a reason never quotes what it refuses. */
export function refuse(reason: string): never {
  throw new Error(reason);
}

/**
 * Returns a number, bigint, boolean or string as it is.
 *
 * `format` asks this first: the text of another kind of value could be read back as a value that nobody has set.
 *
 * @throws {TypeError} when the value is of another kind.
 */
export function ofKind<T extends bigint | boolean | number | string>(kind: string, value: T): T {
  if (typeof value !== kind) throw new TypeError(`expected a ${kind}`);
  return value;
}
