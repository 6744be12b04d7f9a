/** Freezes an object and all that it holds; bytes stay as they are, for JavaScript refuses to freeze them. */
export function deepFreeze<T extends object>(root: T): T {
  const found = new Set<object>([root]);
  for (const item of found) {
    for (const child of Object.values(Object.freeze(item)) as unknown[]) {
      if (typeof child === 'object' && child !== null && !ArrayBuffer.isView(child)) found.add(child);
    }
  }
  return root;
}
