import { ValidationError } from './errors.ts';
import type { FlagNode, Invariant } from './flag-node.ts';
import type { Effect } from './layer.ts';
import { ask, shown } from './read-value.ts';

const NONE: ReadonlyMap<FlagNode, ValidationError> = new Map();

/**
 * Asks the invariants that the effects concern, and gives the flags whose changes are refused.
 *
 * To refuse one change can break another invariant, so they are asked until none complains; each round refuses at
 * least one change, so it ends.
 */
export function findViolations(given: readonly Effect[]): ReadonlyMap<FlagNode, ValidationError> {
  if (given.every(({ flag }) => flag.invariants.length === 0)) return NONE;
  // Not what a higher layer covers.
  const changes = given.filter(({ previous, next }) => next !== previous);
  const concerned = new Set(changes.flatMap(({ flag }) => flag.invariants));
  const effects = new Map(changes.map((effect) => [effect.flag, effect]));
  const refused = new Map<FlagNode, ValidationError>();
  for (let again = true; again;) {
    again = false;
    for (const invariant of concerned) {
      const changing = invariant.flags.filter((flag) => effects.has(flag) && !refused.has(flag));
      if (changing.length === 0) continue;
      const refusal = ask(() => invariant.holds(...invariant.flags.map((flag) => valueOf(flag))));
      if (!refusal) continue;
      again = true;
      for (const flag of changing)
        refused.set(flag, violationOf(invariant, flag, refusal.reason, effects.get(flag)?.next.text ?? ''));
    }
  }
  return refused;

  function valueOf(flag: FlagNode): unknown {
    return (refused.has(flag) ? flag.held : (effects.get(flag)?.next ?? flag.held)).value;
  }
}

/** Makes the error for one flag; a reason may quote values, so one sensitive flag hides it. */
export function violationOf({ flags }: Invariant, flag: FlagNode, reason: string, text: string): ValidationError {
  const safe = flags.some(({ sensitive }) => sensitive) ? 'an invariant is violated' : reason;
  const invariant = flags.map(({ name }) => name);
  const message = `flag "${flag.name}": ${safe}, got ${shown(flag, text)} (invariant of ${invariant.join(', ')})`;
  return new ValidationError(message, { invariant });
}
