import { assert } from '@flagz/test-runner';
import fc from 'fast-check';

/** How long each property may run: `npm run fuzz` sets more. */
const TIME_BOX_MS = Number(process.env['FLAGZ_FUZZ_MS'] ?? 500);
/** The same inputs in every run, so that a run says something about the change; whoever searches for more sets another. */
const SEED = Number(process.env['FLAGZ_FUZZ_SEED'] ?? 20_261_123);
/** How many are tried however slow the machine is: what a property says of all of them depends on no clock. */
const LEAST = 20;
/** Large enough for fast-check to come from small inputs to large ones. */
const BATCH = 100;

/**
 * Tries a property until its time is over, then looks whether a prototype has changed.
 *
 * What fails is shrunk, and printed with the seed and the path that lead there.
 */
export function tryAll<T>(arbitrary: fc.Arbitrary<T>, attempt: (input: T) => void): void {
  const before = prototypes();
  const end = performance.now() + TIME_BOX_MS;
  fc.assert(fc.property(arbitrary, attempt), { seed: SEED, numRuns: LEAST });
  // Not interrupted by fast-check, to which a batch without a run is a failure.
  const property = fc.property(arbitrary, (input) => {
    if (performance.now() < end) attempt(input);
  });
  for (let seed = SEED; performance.now() < end; seed++) fc.assert(property, { seed, numRuns: BATCH });
  assert.equal(prototypes(), before);
}

/** Does the same with an attempt that takes its time; each is over before the next begins. */
export async function tryAllAsync<T>(arbitrary: fc.Arbitrary<T>, attempt: (input: T) => Promise<void>): Promise<void> {
  const before = prototypes();
  const end = performance.now() + TIME_BOX_MS;
  await fc.assert(fc.asyncProperty(arbitrary, attempt), { seed: SEED, numRuns: LEAST });
  const property = fc.asyncProperty(arbitrary, async (input) => {
    if (performance.now() < end) await attempt(input);
  });
  for (let seed = SEED; performance.now() < end; seed++) await fc.assert(property, { seed, numRuns: BATCH });
  assert.equal(prototypes(), before);
}

function prototypes(): readonly string[] {
  return [Object, Array, Function, String, Number, Boolean, Error, Map, Set, Promise, Uint8Array]
    .flatMap(({ name, prototype }) => Reflect.ownKeys(prototype as object).map((member) => `${name}.${String(member)}`))
    .toSorted();
}
