import { isUtf8 } from 'node:buffer';
import type { RawBytes } from '@flagz/core';

/**
 * Makes the raw value of a file, or of what the API server holds in the place of one.
 *
 * Flag types that read bytes get all of them: only they can tell whether what is UTF-8 by chance is text, and a newline at
 * the end the last byte of a number. All others get the text, without the one newline that editors and `echo` put there.
 */
export function rawContent(content: Uint8Array): RawBytes {
  const bytes = new Uint8Array(content);
  return isUtf8(bytes)
    ? Object.assign(bytes, { text: withoutNewline(Buffer.from(bytes.buffer).toString('utf8')) })
    : bytes;
}

/** Tells whether two raw values are the same. */
export function sameRaw(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function withoutNewline(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
