import fc from 'fast-check';
import { takeFaults } from './faults.ts';
import { Prototypes } from './prototypes.ts';

/** How long each property may run: `npm run fuzz` sets more. */
const TIME_BOX_MS = Number(process.env['FLAGZ_FUZZ_MS'] ?? 500);
/** The same inputs in every run, so that a run says something about the change; whoever searches for more sets another. */
export const SEED: number = Number(process.env['FLAGZ_FUZZ_SEED'] ?? 20_261_123);
/** How many are tried however slow the machine is: what a property says of all of them depends on no clock. */
const LEAST = 20;
/** Large enough for fast-check to come from small inputs to large ones. */
const BATCH = 100;

/**
 * Tries a property until its time is over, and looks after each input whether a prototype has changed,
 * and whether a flag type that is watched has crashed.
 *
 * What fails is shrunk, and printed with the seed and the path that lead there.
 */
export function tryAll<T>(arbitrary: fc.Arbitrary<T>, attempt: (input: T) => void): void {
  const prototypes = new Prototypes();
  const guarded = (input: T): void => {
    try {
      attempt(input);
    } catch (error) {
      refuseDamage(prototypes, error);
      throw error;
    }
    refuseDamage(prototypes);
  };
  const end = performance.now() + TIME_BOX_MS;
  fc.assert(fc.property(arbitrary, guarded), { seed: SEED, numRuns: LEAST });
  // Not interrupted by fast-check, to which a batch without a run is a failure.
  const property = fc.property(arbitrary, (input) => {
    if (performance.now() < end) guarded(input);
  });
  for (let seed = SEED; performance.now() < end; seed++) fc.assert(property, { seed, numRuns: BATCH });
}

/** Does the same with an attempt that takes its time; each is over before the next begins. */
export async function tryAllAsync<T>(arbitrary: fc.Arbitrary<T>, attempt: (input: T) => Promise<void>): Promise<void> {
  const prototypes = new Prototypes();
  const guarded = async (input: T): Promise<void> => {
    try {
      await attempt(input);
    } catch (error) {
      refuseDamage(prototypes, error);
      throw error;
    }
    refuseDamage(prototypes);
  };
  const end = performance.now() + TIME_BOX_MS;
  await fc.assert(fc.asyncProperty(arbitrary, guarded), { seed: SEED, numRuns: LEAST });
  const property = fc.asyncProperty(arbitrary, async (input) => {
    if (performance.now() < end) await guarded(input);
  });
  for (let seed = SEED; performance.now() < end; seed++) await fc.assert(property, { seed, numRuns: BATCH });
}

/** Undoes what an attempt did to prototypes: the next input, a smaller one for example, has to find them as they were. */
function refuseDamage(prototypes: Prototypes, cause?: unknown): void {
  const faults = takeFaults();
  const changes = prototypes.restore();
  if (changes.length > 0) throw new Error(`prototypes have changed: ${changes.join(', ')}`, { cause });
  if (faults.length > 0) throw new Error(`a flag type has crashed: ${String(faults[0])}`, { cause: faults[0] });
}
