import type { FlagType } from './flag-type.ts';

/**
 * Says whether a value may be taken.
 *
 * Answers `true`, or the reason of its refusal as a short text that continues `flag "rate": …`, or throws an Error with
 * the reason; `false` gives the reason `refused by a validator`. Must answer at once: a promise refuses. The reason
 * does not quote the value: the flag set adds it, or hides it where the flag is sensitive.
 *
 * @example
 * const even: Validator<number> = (next) => next % 2 === 0 || 'must be even';
 */
export type Validator<T> = (next: T, type?: FlagType<T>) => boolean | string;

/**
 * Makes a validator of numbers, bigints and durations from one bound to the other, both included; NaN is refused.
 *
 * @param from is in milliseconds for a duration, as is `to`.
 * @throws {RangeError} when `from` is above `to`, or a bound is NaN.
 *
 * @example
 * const port = flags.static('port', int, 8080, 'Port to listen on.').withValidator(inRange(1, 65_535));
 */
export function inRange(from: number, to: number): Validator<number>;
export function inRange(from: bigint, to: bigint): Validator<bigint>;
export function inRange(from: number | bigint, to: number | bigint): Validator<never> {
  if (!(from <= to)) throw new RangeError(`inRange: expected bounds in ascending order, got ${from} and ${to}`);
  return (next: number | bigint, type?: FlagType<never>) => {
    // In the words of the type: bounds of a duration are 1ms and 1m0s, not 1 and 60000.
    return (next >= from && next <= to) || `must be from ${written(from, type)} to ${written(to, type)}`;
  };
}

/** An infinite bound is no value of most types. */
function written(bound: number | bigint, type?: FlagType<never>): string {
  try {
    return type?.format(bound as never) ?? String(bound);
  } catch {
    return String(bound);
  }
}

/**
 * Makes a validator of texts in which a regular expression finds a match: anchor it with `^` and `$` to cover the whole
 * text.
 *
 * @param regexp may have the flags `g` and `y`; they do not count.
 *
 * @example
 * const region = flags.static('region', string, 'eu-1', 'Where it runs.').withValidator(matches(/^[a-z]+-\d$/));
 */
export function matches(regexp: RegExp): Validator<string> {
  // With g or y a RegExp goes on from its last match: the same text would pass and fail in turn.
  const stateless = new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, ''));
  return (next) => stateless.test(next) || `must match ${stateless}`;
}

/**
 * Makes a validator of texts, lists and sets with at least so many characters (Unicode code points) or elements.
 *
 * @throws {RangeError} when `least` is not a whole number of 0 or more.
 *
 * @example
 * const peers = flags.dynamic('peers', stringSlice, ['a:80'], 'The other instances.').withValidator(minLength(1));
 */
export function minLength(least: number): Validator<Iterable<unknown>> {
  if (!Number.isInteger(least) || least < 0)
    throw new RangeError(`minLength: expected a whole number of 0 or more, got ${least}`);
  return (next) =>
    [...next].length >= least ||
    `must have at least ${least} ${typeof next === 'string' ? 'character' : 'element'}${least === 1 ? '' : 's'}`;
}

/**
 * Refuses the empty text, list and set.
 *
 * @example
 * const name = flags.static('name', string, 'checkout', 'Name of the service.').withValidator(nonEmpty);
 */
export const nonEmpty: Validator<Iterable<unknown>> = (next) => [...next].length > 0 || 'must not be empty';
