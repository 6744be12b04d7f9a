const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

const utf8 = new TextEncoder();

/**
 * Computes FNV-1a, 32 bits, over pairs of name and canonical text, each followed by a zero byte, in the order given.
 *
 * The separators keep `ab = c` and `a = bc` apart. See http://www.isthe.com/chongo/tech/comp/fnv/ for the function.
 *
 * @returns 8 hexadecimal digits.
 */
export function checksum(pairs: Iterable<readonly [name: string, text: string]>): string {
  let hash = OFFSET;
  for (const pair of pairs) for (const part of pair) hash = Math.imul(addText(hash, part), PRIME);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Adds the UTF-8 bytes of a text. To encode 10,000 short texts takes longer than to hash them, and most are ASCII. */
function addText(before: number, text: string): number {
  let hash = before;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      for (const byte of utf8.encode(text.slice(index))) hash = Math.imul(hash ^ byte, PRIME);
      return hash;
    }
    hash = Math.imul(hash ^ unit, PRIME);
  }
  return hash;
}
