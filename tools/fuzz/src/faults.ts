import { assert } from '@flagz/test-runner';

const OF_THE_ENGINE = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];
/** Begins the words of who refuses an argument with a TypeError or a RangeError of its own: `inRange: expected …`. */
const DELIBERATE = /^(?:[\w ]+: )*expected /;
/** Is in what JSON.parse says, which whoever reads JSON may keep as the cause. */
const NO_JSON = /\bJSON\b/;
/** Are words of the engine: they tell a crash also where somebody put them into an error of another kind. */
const ENGINE_WORDS =
  /Cannot (?:access '|assign to|convert|create property|define|delete prop|destructure|mix BigInt|read propert|redefine|set propert)|is not (?:a constructor|a function|defined|extensible|iterable)|Maximum call stack|Invalid (?:array length|string length|count value|time value)|\b(?:Range|Reference|Syntax|Type)Error: /;

/** Holds what flag types that are watched have thrown since it was asked for last. */
const thrownByTypes: unknown[] = [];

/** Tells a crash from a refusal: an error of the engine, also as a cause or in the words of another error, or no error at all. */
export function isFault(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return true;
  const { message, cause } = thrown;
  if (ENGINE_WORDS.test(message) || (cause !== undefined && isFault(cause))) return true;
  if (thrown instanceof AggregateError && thrown.errors.some(isFault)) return true;
  if (thrown instanceof SyntaxError && NO_JSON.test(message)) return false;
  return OF_THE_ENGINE.some((kind) => thrown instanceof kind) && !DELIBERATE.test(message);
}

/** Asserts that what was thrown is a refusal. */
export function assertNoFault(thrown: unknown): void {
  assert.not.ok(isFault(thrown), thrown instanceof Error ? `${thrown.stack}` : 'what was thrown is no error');
}

/**
 * Watches a flag type: where it crashes, the attempt of `tryAll` fails, whatever becomes of the error on its way. A flag
 * makes a refusal of all that its type throws, and a sensitive one hides it.
 */
export function watched<Type extends object>(type: Type): Type {
  return new Proxy(type, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        try {
          const given: unknown = Reflect.apply(member, target, args);
          return key === 'forDefault' ? watched(given as object) : given;
        } catch (thrown) {
          if (isFault(thrown)) thrownByTypes.push(thrown);
          throw thrown;
        }
      };
    },
  });
}

/** Gives the crashes of flag types, and forgets them. */
export function takeFaults(): readonly unknown[] {
  return thrownByTypes.splice(0);
}
