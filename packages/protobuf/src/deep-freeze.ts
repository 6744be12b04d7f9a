/**
 * Freezes an object and all that it holds; bytes stay as they are, for JavaScript refuses to freeze them, and what is frozen
 * already is taken for done.
 */
export function deepFreeze<T extends object>(root: T): T {
  const found: object[] = [root];
  for (let item = found.pop(); item; item = found.pop()) {
    Object.freeze(item);
    for (const key of Object.keys(item)) {
      const child = (item as Readonly<Record<string, unknown>>)[key];
      if (typeof child !== 'object' || child === null || ArrayBuffer.isView(child)) continue;
      if (!Object.isFrozen(child)) found.push(child);
    }
  }
  return root;
}
