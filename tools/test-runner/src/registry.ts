import type { Skip } from './protocol.ts';

/** Holds what uvu does not record about the one test file of this process. */
interface Registry {
  /** Tests that were skipped on purpose. */
  readonly skips: Skip[];
  /** Titles of tests that were singled out with `it.only`. */
  readonly onlys: string[];
  /** How many tests have passed on what: `etcd 3.7.3`. */
  readonly on: Record<string, number>;
  /** Turns true when the suites begin to run: later ones would never be counted. */
  running: boolean;
}

/** The registry of this process; `describe` writes it, the child entry reports it. */
export const registry: Registry = { skips: [], onlys: [], on: {}, running: false };
