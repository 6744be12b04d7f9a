import { inspect } from 'node:util';
import { suite } from 'uvu';
import type { ChildMessage } from './protocol.ts';
import { registry } from './registry.ts';

/** The body of a test or a hook. */
export type TestBody = () => void | Promise<void>;

/** Declares the tests and hooks of one suite. */
export interface It {
  /** Declares a test. */
  (title: string, run: TestBody): void;
  /** Declares a test that runs alone, for debugging: the runner fails while one is left. */
  only(title: string, run: TestBody): void;
  /** Declares a test that cannot run here: counted, and reported with its reason. */
  skip(title: string, reason: string, run: TestBody): void;
  /** Runs once before the first test of the suite. */
  before(hook: TestBody): void;
  /** Runs once after the last test of the suite. */
  after(hook: TestBody): void;
  /** Runs before each test. */
  beforeEach(hook: TestBody): void;
  /** Runs after each test, also after a failed one. */
  afterEach(hook: TestBody): void;
}

/** Configures a suite. */
export interface DescribeOptions {
  /** What it runs on, such as `etcd 3.7.3`: part of its name, and its tests are counted by it. */
  readonly on?: string | undefined;
  /** Why nothing of it can run here: its tests are skipped with this reason, its hooks left out. */
  readonly missing?: string | undefined;
}

/**
 * Declares a suite and always runs it.
 *
 * @throws {TypeError} when `body` is asynchronous or declares no test: uvu would count such a suite as passed.
 *
 * @example
 * describe('FlagSet.get()', (it) => {
 *   it('gives the default', () => assert.is(flag.get(), 1));
 * });
 */
export function describe(suiteTitle: string, body: (it: It) => void, { on, missing }: DescribeOptions = {}): void {
  const name = on === undefined ? suiteTitle : `${suiteTitle}, ${on}`;
  if (registry.running)
    throw new TypeError(`describe('${name}') was called after the tests had begun: it would not run`);

  const tests = suite(name);
  let declared = 0;
  let open = true;
  const declare = (title: string): void => {
    if (!open)
      throw new TypeError(`it('${title}') was called after describe('${name}') had returned: it would not run`);
    declared++;
  };

  const skip = (title: string, reason: string): void => {
    declare(title);
    registry.skips.push({ title: `${name}: ${title}`, reason });
    tests.skip(title);
  };
  const hook =
    (hookName: string, add: (run: TestBody) => void) =>
    (run: TestBody): void => {
      if (missing === undefined) add(loud(name, hookName, run));
    };

  const it: It = Object.assign(
    (title: string, run: TestBody): void => {
      if (missing !== undefined) return skip(title, missing);
      declare(title);
      tests(title, announced({ name, on }, title, run));
    },
    {
      only(title: string, run: TestBody): void {
        declare(title);
        registry.onlys.push(`${name}: ${title}`);
        tests.only(title, announced({ name, on }, title, run));
      },
      skip: (title: string, reason: string, _run: TestBody): void => skip(title, reason),
      before: hook('before', (run) => tests.before(run)),
      after: hook('after', (run) => tests.after(run)),
      beforeEach: hook('beforeEach', (run) => tests.before.each(run)),
      afterEach: hook('afterEach', (run) => tests.after.each(run)),
    },
  );

  const result: unknown = body(it);
  open = false;
  if (result instanceof Promise)
    throw new TypeError(`describe('${name}') must not be asynchronous: its tests would not run`);
  if (declared === 0) throw new TypeError(`describe('${name}') declares no test`);
  tests.run();
}

/** Tells the runner which test runs, so that it can name the one that never ends. */
function announced({ name, on }: { name: string; on: string | undefined }, title: string, run: TestBody): TestBody {
  return async () => {
    process.send?.({ kind: 'test', title: `${name}: ${title}` } satisfies ChildMessage);
    try {
      await run();
      if (on !== undefined) registry.on[on] = (registry.on[on] ?? 0) + 1;
    } catch (error) {
      throw asError(error);
    }
  };
}

/** Prints what a hook throws: uvu swallows it, together with the rest of the suite. */
function loud(suiteName: string, hookName: string, hook: TestBody): TestBody {
  return async () => {
    try {
      await hook();
    } catch (error) {
      process.stderr.write(`\n${suiteName}: the ${hookName} hook threw ${inspect(error)}\n`);
      throw asError(error);
    }
  };
}

/** Wraps what is not an Error: uvu's formatter crashes on it and the suite then counts as passed. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error(`threw ${inspect(thrown)}, which is not an Error`, { cause: thrown });
}
