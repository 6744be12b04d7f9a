/** As much of a field as a message shows, in characters: an API server's own are shorter. */
const LONGEST_SHOWN = 1_000;

/** Gives a field of an object that came over the wire; `{}` for what is none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Gives a text that came over the wire. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Shows a field that came over the wire, as far as a message can use it; nothing in it is asked how it wants to be shown. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LONGEST_SHOWN);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Names the kind of a field that came over the wire, and never what it holds. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
