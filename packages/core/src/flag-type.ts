/**
 * Says how values of `T` are read from text, written as text and compared.
 *
 * The laws, checked by `flagTypeContract` of `@flagz/testing`: `parse(format(value))` equals `value`, and
 * `format` gives one canonical text per value, the same in every process and every release.
 *
 * @example
 * const port: FlagType<number> = {
 *   name: 'port',
 *   parse(text) {
 *     const value = Number(text);
 *     if (!Number.isInteger(value) || value < 1 || value > 65535) throw new Error('expected a port from 1 to 65535');
 *     return value;
 *   },
 *   format: String,
 * };
 */
export interface FlagType<T> {
  /** Names the type in help, pages and errors: `int`, `duration`. */
  readonly name: string;
  /**
   * Reads a value from its text.
   *
   * @throws {Error} with the reason, which never quotes the text: the flag set adds it, or hides it where the flag is sensitive.
   */
  parse(text: string): T;
  /** Writes a value as its canonical text. */
  format(value: T): string;
  /**
   * Reads a value from raw bytes, for sources that deliver bytes.
   *
   * @default decodes strict UTF-8, then `parse`
   */
  parseBytes?(bytes: Uint8Array): T;
  /** Compares two values. @default compares their canonical texts */
  equals?(a: T, b: T): boolean;
}

/** Stands for a flag type that takes its shape from the flag's default, as `json()` without a schema does. */
export interface FlagTypeOfDefault {
  /**
   * Makes the flag type for one default.
   *
   * @throws {Error} when the default has no shape that the type can take.
   */
  forDefault<T>(value: T): FlagType<T>;
}
