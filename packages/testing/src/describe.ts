/** Declares one test. */
export type It = (title: string, test: () => void | Promise<void>) => void;

/**
 * Declares a suite in whatever runner the project has.
 *
 * @example
 * // node:test
 * import { describe, it } from 'node:test';
 * const suite: Describe = (name, body) => void describe(name, () => body((title, test) => void it(title, test)));
 */
export type Describe = (name: string, body: (it: It) => void) => void;
