import type { FlagType } from './flag-type.ts';
import { refuse } from './refuse.ts';

/** Is a flag type that knows all its values, so that help and completion can show them. */
export interface OneOfType<T extends string> extends FlagType<T> {
  /** Lists the values in the order of their declaration. */
  readonly choices: readonly T[];
}

/**
 * Makes a flag type that takes one of some texts.
 *
 * @throws {TypeError} when there is no choice, a choice comes twice, or one is surrounded by white space.
 *
 * @example
 * const level = flags.dynamic('log_level', oneOf('debug', 'info', 'error'), 'info', 'What is logged.');
 * level.get(); //=> 'debug' | 'info' | 'error'
 */
export function oneOf<const T extends string>(...choices: readonly [T, ...T[]]): OneOfType<T> {
  if (choices.length === 0) throw new TypeError('oneOf: expected at least one choice');
  for (const [index, choice] of choices.entries()) {
    const quoted = JSON.stringify(choice);
    if (choice !== choice.trim()) throw new TypeError(`oneOf: white space around ${quoted} can never be matched`);
    if (choices.indexOf(choice) !== index) throw new TypeError(`oneOf: ${quoted} is listed twice`);
  }
  const pick = (text: string): T =>
    choices.find((choice) => choice === text) ??
    refuse(`expected one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  return {
    name: 'oneOf',
    choices: Object.freeze(choices),
    parse: (text) => pick(text.trim()),
    format: pick,
  };
}
