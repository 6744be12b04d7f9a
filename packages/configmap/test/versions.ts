/** The keys that every version has. */
export const KEYS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Gives a version of a volume: all keys say which it is; `odd` is only in odd ones. */
export function versionOf(version: number): Readonly<Record<string, string>> {
  const odd = version % 2 === 1 ? [['odd', `${version}\n`]] : [];
  return Object.fromEntries([...KEYS.map((key) => [key, `${version}\n`]), ...odd]);
}
