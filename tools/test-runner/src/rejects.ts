import { inspect } from 'node:util';

/** Accepts an error by a pattern of its message, its whole message, its class, or a function. */
export type ErrorMatcher = RegExp | string | (abstract new (...args: never[]) => Error) | ((error: Error) => boolean);

/**
 * Waits for `promise` to reject with an error that `matcher` accepts.
 *
 * @returns the error.
 * @throws {Error} when the promise resolves, rejects with something else than an Error, or with another error.
 */
export async function rejects(promise: PromiseLike<unknown>, matcher: ErrorMatcher): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return accepted(error, matcher);
  }
  throw new Error(
    `expected a rejection with ${describeMatcher(matcher)}, but the promise resolved to ${inspect(value)}`,
  );
}

/**
 * Calls `fn`, which must throw an error that `matcher` accepts before it returns.
 *
 * @returns the error.
 * @throws {Error} when `fn` returns, also when it returns a promise: use `rejects` there.
 */
export function throws(fn: () => unknown, matcher: ErrorMatcher): Error {
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return accepted(error, matcher);
  }
  throw new Error(`expected a throw of ${describeMatcher(matcher)}, but the function returned ${inspect(value)}`);
}

function accepted(error: unknown, matcher: ErrorMatcher): Error {
  if (!(error instanceof Error)) throw new Error(`expected an Error, got ${inspect(error)}`, { cause: error });
  if (!matches(error, matcher)) {
    throw new Error(`expected ${describeMatcher(matcher)}, got ${error.name}: ${error.message}`, { cause: error });
  }
  return error;
}

function matches(error: Error, matcher: ErrorMatcher): boolean {
  if (typeof matcher === 'string') return error.message === matcher;
  if (matcher instanceof RegExp) return matcher.test(error.message);
  return isErrorClass(matcher) ? error instanceof matcher : matcher(error);
}

function isErrorClass(
  matcher: Exclude<ErrorMatcher, RegExp | string>,
): matcher is abstract new (...args: never[]) => Error {
  return matcher === Error || matcher.prototype instanceof Error;
}

function describeMatcher(matcher: ErrorMatcher): string {
  if (typeof matcher === 'string') return `the message ${inspect(matcher)}`;
  if (matcher instanceof RegExp) return `a message like ${matcher}`;
  return isErrorClass(matcher) ? matcher.name : 'an error that the function accepts';
}
