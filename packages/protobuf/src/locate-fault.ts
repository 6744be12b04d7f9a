/** Bounds the way, and with it the time: every step reads the part anew. */
const MAX_STEPS = 16;
const MAX_KEY_LENGTH = 80;

/**
 * Finds what in a JSON value makes a reader fail, by asking it about ever smaller parts.
 *
 * @returns the way to it, such as `tier_map.gold.rate_limit` or `tiers[1]`; empty where no part fails alone.
 */
export function locateFault(value: unknown, fails: (part: unknown) => boolean): string {
  return stepsTo(value, fails, MAX_STEPS).join('').replace(/^\./, '');
}

function stepsTo(value: unknown, fails: (part: unknown) => boolean, left: number): string[] {
  if (Array.isArray(value)) {
    const index = indexOfFault(value, fails);
    if (index < 0) return [];
    return [`[${index}]`, ...further(value[index], (part) => fails([part]), left)];
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const [key, member] = entries[indexOfFault(entries, (some) => fails(Object.fromEntries(some)))] ?? [];
  if (key === undefined) return [];
  return [`.${shown(key)}`, ...further(member, (part) => fails({ [key]: part }), left)];
}

function further(value: unknown, fails: (part: unknown) => boolean, left: number): string[] {
  return left > 1 ? stepsTo(value, fails, left - 1) : ['…'];
}

/** Halves the parts until one is left: asking about each would cost thousands of readings. */
function indexOfFault<T>(parts: readonly T[], fails: (some: T[]) => boolean): number {
  let from = 0;
  let to = parts.length;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (fails(parts.slice(from, middle))) to = middle;
    else from = middle;
  }
  // Parts that fail only together leave one that does not.
  return to > from && fails(parts.slice(from, to)) ? from : -1;
}

/** Shows a key: what is no name is quoted, so that no line break and no terminal code gets into a log. */
function shown(key: string): string {
  const short = key.length <= MAX_KEY_LENGTH ? key : `${key.slice(0, MAX_KEY_LENGTH)}…`;
  return /^[\w.$/@-]+…?$/.test(short) ? short : JSON.stringify(short);
}
