import { FlagError, ParseError, ValidationError, reasonOf } from './errors.ts';
import { bounded, quote } from './escape.ts';
import type { FlagNode } from './flag-node.ts';
import type { FlagType } from './flag-type.ts';
import type { RawValue } from './source.ts';
import type { Validator } from './validators.ts';

/** Stands for a sensitive value wherever people can see it. */
export const REDACTED = '•••';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What reading a value needs to know of a flag; also there before the flag is. */
interface Subject {
  readonly name: string;
  readonly type: FlagType<unknown>;
  readonly sensitive: boolean;
}

/** Is a value with its canonical text. */
export interface ReadValue {
  readonly value: unknown;
  readonly text: string;
}

/**
 * Reads a raw value: parse, then the canonical text.
 *
 * @throws {ParseError}
 */
export function readRaw(subject: Subject, raw: RawValue): ReadValue {
  const { type } = subject;
  if (typeof raw !== 'string' && !isBytes(raw)) {
    throw new ParseError(`flag "${subject.name}": expected text or bytes from the source, got ${shown(subject, raw)}`);
  }
  try {
    const value = type.parseBytes && isBytes(raw) ? type.parseBytes(raw) : type.parse(textOf(raw));
    return { value, text: type.format(value) };
  } catch (thrown) {
    const reason = subject.sensitive ? `not a valid ${type.name}` : bounded(reasonOf(thrown));
    throw new ParseError(`flag "${subject.name}": ${reason}, got ${shown(subject, raw)}`, causeFor(subject, thrown));
  }
}

/**
 * Asks validators about a value that was read.
 *
 * @throws {ValidationError}
 */
export function validate(subject: Subject, validators: Iterable<Validator<unknown>>, { value, text }: ReadValue): void {
  for (const validator of validators) {
    const refusal = ask(() => validator(value, subject.type));
    if (refusal === undefined) continue;
    const reason = subject.sensitive ? 'refused by a validator' : bounded(refusal.reason);
    throw new ValidationError(
      `flag "${subject.name}": ${reason}, got ${shown(subject, text)}`,
      causeFor(subject, refusal.thrown),
    );
  }
}

/** Reads and validates a raw value for a flag. @throws {FlagError} */
export function checkText(flag: FlagNode, raw: RawValue): ReadValue {
  const read = readRaw(flag, raw);
  validate(flag, flag.validators, read);
  return read;
}

/** Writes a value as text, to be read again: what the type cannot write is no value of it. @throws {ParseError} */
export function formatValue(subject: Subject, value: unknown): string {
  try {
    const text: unknown = subject.type.format(value);
    if (typeof text === 'string') return text;
    throw new TypeError(`${subject.type.name}.format() gave no text`);
  } catch (thrown) {
    const reason = subject.sensitive ? `not a valid ${subject.type.name}` : bounded(reasonOf(thrown));
    throw new ParseError(`flag "${subject.name}": ${reason}`, causeFor(subject, thrown));
  }
}

/** Is a verdict against a value. */
export interface Refusal {
  readonly reason: string;
  readonly thrown: unknown;
}

/** Asks a user function whether it agrees; only `true` is a yes, so that a promise cannot pass for one. */
export function ask(question: () => unknown): Refusal | undefined {
  try {
    const verdict = question();
    if (verdict === true) return undefined;
    if (verdict instanceof Promise) {
      verdict.catch(() => {});
      return { reason: 'a validator must answer at once, but gave a promise', thrown: undefined };
    }
    return {
      reason: typeof verdict === 'string' ? verdict : 'refused by a validator',
      thrown: undefined,
    };
  } catch (thrown) {
    return { reason: reasonOf(thrown), thrown };
  }
}

/** Shows a raw value to people: quoted and cut, or redacted; bytes as the text that they are, where they are one. */
export function shown(subject: { readonly sensitive: boolean }, raw: RawValue): string {
  if (subject.sensitive) return REDACTED;
  if (typeof raw === 'string') return quote(raw);
  // What is neither text nor bytes is a mistake of the source, of which only the kind is of interest.
  if (!isBytes(raw)) return raw === null ? 'null' : `a ${typeof raw}`;
  try {
    return quote(textOf(raw));
  } catch {
    return `${raw.length} bytes`;
  }
}

/** Compares what sources deliver: texts, bytes, or nothing. */
export function isSameRaw(left: RawValue | undefined, right: RawValue | undefined): boolean {
  if (left === right) return true;
  return (
    isBytes(left) && isBytes(right) && left.length === right.length && left.every((byte, at) => byte === right[at])
  );
}

function isBytes(raw: unknown): raw is Uint8Array {
  return raw instanceof Uint8Array;
}

/** A cause may quote the value, so a sensitive flag's error has none. */
function causeFor(subject: Subject, cause: unknown): ErrorOptions {
  return subject.sensitive || cause === undefined ? {} : { cause };
}

/** Gives the text of a raw value: what the source says it is, else the bytes decoded. @throws {FlagError} */
function textOf(raw: RawValue): string {
  if (typeof raw === 'string') return raw;
  try {
    return raw.text ?? utf8.decode(raw);
  } catch {
    throw new FlagError('FLAGZ_PARSE', 'expected UTF-8 text');
  }
}
