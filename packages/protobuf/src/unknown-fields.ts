/**
 * Finds the message that carries fields which its schema does not know, where a codec keeps them: protobuf-es does,
 * as `$unknown`.
 *
 * @returns the way to it; empty for the message itself; nothing where all fields are known.
 */
export function pathOfUnknownFields(value: unknown): readonly (string | number)[] | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Object.hasOwn(value, '$unknown') && isFilled((value as { $unknown: unknown }).$unknown)) return [];
  for (const [key, child] of Object.entries(value)) {
    const path = pathOfUnknownFields(child);
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

function isFilled(unknown: unknown): boolean {
  return Array.isArray(unknown) && unknown.length > 0;
}
