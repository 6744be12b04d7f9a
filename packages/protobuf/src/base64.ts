// Without a group, which fails on a text of some MB.
const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;

/** Tells whether a text has the form of standard base64, padded. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && STANDARD.test(text);
}

/**
 * Decodes standard base64 (https://www.rfc-editor.org/rfc/rfc4648#section-4), strictly: `Buffer` skips what it does not know.
 *
 * @throws {Error} for anything else, white space, missing padding and unused bits that are set included.
 */
export function decodeBase64(text: string): Uint8Array {
  const binary = isBase64(text) ? atob(text) : undefined;
  if (binary === undefined || btoa(binary) !== text) throw new Error('expected standard base64 after base64:');
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
