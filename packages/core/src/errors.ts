import { escape, quote } from './escape.ts';

/** Names what went wrong; `docs/errors.md` says what each means and what to do. */
export type FlagErrorCode =
  | 'FLAGZ_DECLARATION'
  | 'FLAGZ_UNKNOWN_FLAG'
  | 'FLAGZ_PARSE'
  | 'FLAGZ_VALIDATION'
  | 'FLAGZ_STATIC_FLAG'
  | 'FLAGZ_SOURCE';

/**
 * Is the base of every error of Flagz: branch on `code`, never on the message.
 *
 * The message may quote what anybody wrote anywhere; it stays on one line, and cannot command a terminal.
 */
export class FlagError extends Error {
  override readonly name: string = 'FlagError';
  /** Tells the kinds of error apart. */
  readonly code: FlagErrorCode;

  constructor(code: FlagErrorCode, message: string, options?: ErrorOptions) {
    super(escape(message), options);
    this.code = code;
  }
}

/** Says that a flag set has no flag of that name. */
export class UnknownFlagError extends FlagError {
  override readonly name = 'UnknownFlagError';
  constructor(set: string, flag: string) {
    super('FLAGZ_UNKNOWN_FLAG', `flag set "${set}": no flag ${quote(flag)}`);
  }
}

/** Says that a text is not a value of the flag's type. */
export class ParseError extends FlagError {
  override readonly name = 'ParseError';
  constructor(message: string, options?: ErrorOptions) {
    super('FLAGZ_PARSE', message, options);
  }
}

/** Configures a {@link ValidationError}. */
export interface ValidationErrorOptions extends ErrorOptions {
  /** Names the flags of the invariant that refuses the value, where it is one. */
  readonly invariant?: readonly string[];
}

/** Says that a validator or an invariant refuses a value. */
export class ValidationError extends FlagError {
  override readonly name = 'ValidationError';
  /** Names the flags of the invariant that refuses the value: once another one of them has changed, it may take it. */
  readonly invariant: readonly string[] | undefined;
  constructor(message: string, options?: ValidationErrorOptions) {
    super('FLAGZ_VALIDATION', message, options);
    this.invariant = options?.invariant;
  }
}

/** Says that a static flag cannot change any more: the program has to be started again. */
export class StaticFlagError extends FlagError {
  override readonly name = 'StaticFlagError';
  constructor(flag: string) {
    super('FLAGZ_STATIC_FLAG', `flag "${flag}": is static; set it on the command line and restart the program`);
  }
}

/** Configures a {@link SourceError}. */
export interface SourceErrorOptions extends ErrorOptions {
  /**
   * Says that waiting cannot help while the program starts: a folder that does not exist, a wrong password.
   * The first load of a required source then fails at once instead of trying until its time-out.
   *
   * @default false
   */
  readonly fatalAtStart?: boolean;
}

/** Says that a source could not load, follow or stop. Sources throw it; a failed start rejects with it. */
export class SourceError extends FlagError {
  override readonly name = 'SourceError';
  /** Tells whether trying again while the program starts is useless. */
  readonly fatalAtStart: boolean;

  constructor(message: string, options: SourceErrorOptions = {}) {
    super('FLAGZ_SOURCE', message, options);
    this.fatalAtStart = options.fatalAtStart ?? false;
  }
}

/** Says why, whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  try {
    return String(thrown);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}
