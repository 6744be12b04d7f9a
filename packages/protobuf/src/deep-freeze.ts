/** Freezes an object and all that it holds; bytes stay as they are, for JavaScript refuses to freeze them. */
export function deepFreeze<T extends object>(root: T): T {
  const found = new Set<unknown>([root]);
  for (const item of found) {
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    for (const child of Object.values(Object.freeze(item))) found.add(child);
  }
  return root;
}
