// timeout: 300 s
import { assert, describe } from '../src/index.ts';
import { fixture, flagzTest, outlives, plainUvu, withDirectory } from './support.ts';

/** Fixtures that plain uvu ends with exit code 0, and what flagz-test says of them. */
const passedByUvu: Record<string, RegExp> = {
  'throwing-before': /a suite ended early after 0 of 2: a hook threw/,
  'throwing-after-each': /a suite ended early after 0 of 2: a hook threw/,
  'thrown-string': /a suite ended early after 0 of 2: .* what is not an Error/,
  'forgotten-run': /ran no suite: is \.run\(\) missing\?/,
  'empty-suite': /1 suite has no test/,
  'leftover-only': /1 skipped without a reason: a leftover \.only or \.skip/,
  'leftover-skip': /1 skipped without a reason: a leftover \.only or \.skip/,
  'late-suite': /suites declared while others ran: 1/,
  orphan: /left a process behind that holds its output/,
};

/** Fixtures that plain uvu never ends, even when it has printed this. */
const endlessInUvu: Record<string, readonly [printed: string, message: RegExp]> = {
  'endless-test': ['endless', /timed out after 10 s, in "endless: waits for ever"/],
  'leaked-timer': ['Duration:', /did not end within 5 s after its tests; still open: Timeout\n/],
  'blocked-loop': ['Duration:', /did not end within 5 s after its tests: its event loop is blocked/],
};

/** Fixtures that fail in plain uvu too, and must go on to fail. */
const failedByUvu: Record<string, RegExp> = {
  'asynchronous-throws': /Expected function to throw/,
  'early-exit': /ended with exit code 1 .*, without totals/,
  'failing-test': /1 passed, 1 failed/,
  'unhandled-rejection': /all tests passed, but the process ended with exit code 1/,
};

const messages: Record<string, RegExp> = {
  ...passedByUvu,
  ...Object.fromEntries(Object.entries(endlessInUvu).map(([name, [, message]]) => [name, message])),
  ...failedByUvu,
};

/** One run over all fixtures, because the leaks take their time: fixture name → what was printed of it. */
async function reports(): Promise<Map<string, string>> {
  const { output } = await withDirectory((directory) => flagzTest(Object.keys(messages).map(fixture), directory));
  const sections = output.split(/^(?=[✓✗] )/m);
  return new Map(sections.map((section) => [/fixtures\/(.*)\.fixture\.ts/.exec(section)?.[1] ?? '', section]));
}

describe('plain uvu', (it) => {
  let outlived: Map<string, Promise<boolean>>;
  it.before(() => {
    outlived = new Map(Object.entries(endlessInUvu).map(([name, [printed]]) => [name, outlives(name, printed)]));
  });

  for (const name of Object.keys(passedByUvu)) {
    it(`ends ${name} with exit code 0`, async () => {
      assert.is(await plainUvu(name), 0);
    });
  }
  for (const [name, [printed]] of Object.entries(endlessInUvu)) {
    it(`never ends ${name}, even when it has printed "${printed}"`, async () => {
      assert.is(await outlived.get(name), true);
    });
  }
  for (const name of Object.keys(failedByUvu)) {
    it(`ends ${name} with exit code 1`, async () => {
      assert.is(await plainUvu(name), 1);
    });
  }
});

describe('flagz-test', (it) => {
  let reportOf: Map<string, string>;
  it.before(async () => {
    reportOf = await reports();
  });

  for (const [name, message] of Object.entries(messages)) {
    it(`fails ${name} and says why`, () => {
      const report = reportOf.get(name) ?? 'nothing was printed';
      assert.is(report[0], '✗', report);
      assert.match(report, message);
    });
  }
});
