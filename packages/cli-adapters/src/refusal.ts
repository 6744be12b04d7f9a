import { type Flag, FlagError } from '@flagz/core';
import { optionTerm } from './describe-flag.ts';

const REDACTED = '•••';
const LONGEST_TEXT = 80;

/** Says why a text is refused as the option's argument, or nothing when the flag takes it. */
export function refusal(flag: Flag<unknown>, text: string): string | undefined {
  try {
    flag.check(text);
    return undefined;
  } catch (error) {
    const reason = error instanceof FlagError ? reasonOf(flag, text, error.message) : String(error);
    return safe(`option '${optionTerm(flag)}' argument '${shown(flag, text)}' is invalid. ${reason}`);
  }
}

/** Says that an option came without its argument. */
export function argumentMissing(flag: Flag<unknown>): string {
  return `option '${optionTerm(flag)}' argument missing`;
}

/** Leaves out what the line says already: the flag, and the text unless the flag read it as something else. */
function reasonOf(flag: Flag<unknown>, text: string, message: string): string {
  const prefix = `flag "${flag.name}": `;
  const suffix = `, got ${flag.sensitive ? REDACTED : safe(JSON.stringify(text))}`;
  const reason = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return reason.endsWith(suffix) ? reason.slice(0, -suffix.length) : reason;
}

/** Escapes as every error of Flagz does: parsers print it as it is, and JSON leaves alone much that commands a terminal. */
function safe(message: string): string {
  // To make an error takes longer than all the rest.
  return /^[ -~]*$/.test(message) ? message : new FlagError('FLAGZ_PARSE', message).message;
}

/** One line, whatever the text: control characters escaped, long texts cut. */
function shown(flag: Flag<unknown>, text: string): string {
  if (flag.sensitive) return REDACTED;
  const cut = text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
  return JSON.stringify(cut).slice(1, -1);
}
