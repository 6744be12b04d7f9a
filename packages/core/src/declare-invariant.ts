import type { BatchEngine } from './batch-engine.ts';
import { misdeclared } from './declaration.ts';
import type { Invariant } from './flag-node.ts';
import { violationOf } from './invariant.ts';
import { ask } from './read-value.ts';

/**
 * Makes an invariant count, also for what the layers hold already.
 *
 * @throws {FlagError} when the defaults break it.
 */
export function declareInvariant(engine: BatchEngine, set: string, invariant: Invariant): void {
  const { flags, holds } = invariant;
  const broken = ask(() => holds(...flags.map(({ defaultHeld }) => defaultHeld.value)));
  if (broken) {
    const names = flags.map(({ name }) => name).join(', ');
    const reason = flags.some(({ sensitive }) => sensitive) ? '' : `: ${broken.reason}`;
    throw misdeclared(set, `the defaults of ${names} break an invariant${reason}`);
  }
  // From the top, layer by layer, down to the defaults, which keep it.
  for (const layer of [...engine.layers].toReversed()) {
    const refusal = ask(() => holds(...flags.map(({ held }) => held.value)));
    if (!refusal) break;
    for (const flag of flags) {
      const held = layer.held.get(flag);
      if (held) engine.revoke(layer, flag, violationOf(invariant, flag, refusal.reason, held.text));
    }
  }
  for (const flag of flags) flag.invariants = [...flag.invariants, invariant];
}
