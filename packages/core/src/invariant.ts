import { ValidationError } from './errors.ts';
import type { Flag } from './flag.ts';
import type { Effect } from './layer.ts';
import { ask, shown } from './read-value.ts';

/** Is the tuple of the values of a tuple of flags. */
export type ValuesOf<Flags extends readonly Flag<unknown>[]> = {
  [Index in keyof Flags]: Flags[Index] extends Flag<infer T> ? T : never;
};

/** Relates several flags: asked about each batch that changes one of them. */
export interface Invariant {
  readonly flags: readonly Flag<unknown>[];
  readonly holds: (...values: unknown[]) => unknown;
}

/**
 * Asks the invariants that the effects concern, and gives the flags whose changes are refused.
 *
 * To refuse one change can break another invariant, so they are asked until none complains; each round refuses at
 * least one change, so it ends.
 */
export function findViolations(effects: ReadonlyMap<Flag<unknown>, Effect>): Map<Flag<unknown>, ValidationError> {
  const refused = new Map<Flag<unknown>, ValidationError>();
  const concerned = new Set([...effects.keys()].flatMap((flag) => flag.node.invariants));
  for (let again = true; again;) {
    again = false;
    for (const invariant of concerned) {
      const changing = invariant.flags.filter((flag) => effects.has(flag) && !refused.has(flag));
      if (changing.length === 0) continue;
      const refusal = ask(() => invariant.holds(...invariant.flags.map((flag) => valueOf(flag))));
      if (!refusal) continue;
      again = true;
      for (const flag of changing) refused.set(flag, violation(invariant, flag, refusal.reason, effects));
    }
  }
  return refused;

  function valueOf(flag: Flag<unknown>): unknown {
    return refused.has(flag) ? flag.get() : (effects.get(flag)?.held ?? flag.node.held).value;
  }
}

function violation(
  { flags }: Invariant,
  flag: Flag<unknown>,
  reason: string,
  effects: ReadonlyMap<Flag<unknown>, Effect>,
): ValidationError {
  const safe = flags.some(({ sensitive }) => sensitive) ? 'an invariant is violated' : reason;
  const others = flags.map(({ name }) => name).join(', ');
  const got = shown(flag, effects.get(flag)?.held.text ?? '');
  return new ValidationError(`flag "${flag.name}": ${safe}, got ${got} (invariant of ${others})`);
}
