import type { FlagSet } from '@flagz/core';

const LAYER = { name: 'command line', kind: 'command line' } as const;

type Entries = ReadonlyMap<string, string>;

/** What each flag set took last from a command line, so that it can be put back. */
const taken = new WeakMap<FlagSet, Entries>();

/**
 * Loads a command line as one batch, in the place of an earlier one.
 *
 * @returns the refusals, which are those of invariants where each value has been checked before. Nothing is loaded then.
 */
export function loadCommandLine(flags: FlagSet, entries: Entries): readonly string[] {
  const { rejected } = flags.load(LAYER, entries);
  if (rejected.length === 0) {
    taken.set(flags, entries);
    return [];
  }
  // Invariants are asked only by a real batch, which keeps its other values.
  flags.load(LAYER, taken.get(flags) ?? []);
  return rejected.map(({ error }) => error.message);
}
