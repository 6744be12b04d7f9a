const utf8 = new TextEncoder();

/**
 * Computes FNV-1a, 32 bits, over pairs of name and canonical text, each followed by a zero byte, in the order given.
 *
 * The separators keep `ab = c` and `a = bc` apart. See http://www.isthe.com/chongo/tech/comp/fnv/ for the function.
 *
 * @returns 8 hexadecimal digits.
 */
export function checksum(pairs: Iterable<readonly [name: string, text: string]>): string {
  let hash = 0x811c9dc5;
  for (const pair of pairs) {
    for (const part of pair) {
      for (const byte of utf8.encode(part)) hash = Math.imul(hash ^ byte, 0x01000193);
      hash = Math.imul(hash, 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
