/**
 * Is what may break a line, command a terminal, turn the direction of what follows, or is no character at all: C0, DEL and
 * C1, the separators of lines and paragraphs, the marks of direction (https://www.unicode.org/reports/tr9/), lone surrogates.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;
/** As much of a reason as a log line can use. */
const LONGEST_REASON = 1_000;

/** Makes a message safe to print: what is unsafe becomes `\uXXXX`. What is escaped already stays as it is. */
export function escape(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Quotes a text for a message: unsafe characters escaped, long texts cut. */
export function quote(text: string): string {
  const shown = escape(JSON.stringify(text.slice(0, 80)));
  return text.length <= 80 ? shown : `${shown}… (${text.length} characters)`;
}

/** Cuts a reason that somebody else worded, and who may have quoted all of a long value. */
export function bounded(reason: string): string {
  return reason.length <= LONGEST_REASON ? reason : `${reason.slice(0, LONGEST_REASON)}… (${reason.length} characters)`;
}
