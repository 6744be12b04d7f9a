import { assert, describe } from '../src/index.ts';
import { fixture, flagzTest, plainUvu, withDirectory } from './support.ts';
import type { Ended } from './support.ts';

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

/** Fixtures that plain uvu never ends. */
const endlessInUvu: Record<string, RegExp> = {
  'endless-test': /timed out after 3 s, in "endless: waits for ever"/,
  'leaked-timer': /did not end within 5 s after its tests; still open: Timeout\n/,
  'blocked-loop': /did not end within 5 s after its tests: its event loop is blocked/,
};

/** Fixtures that fail in plain uvu too, and must go on to fail. */
const failedByUvu: Record<string, RegExp> = {
  'asynchronous-throws': /Expected function to throw/,
  'early-exit': /ended with exit code 1 .*, without totals/,
  'failing-test': /1 passed, 1 failed/,
  'unhandled-rejection': /all tests passed, but the process ended with exit code 1/,
};

const allFixtures = { ...passedByUvu, ...endlessInUvu, ...failedByUvu };

/** One run over all fixtures, because the leaks take their time: fixture name → what was printed of it. */
async function reports(): Promise<Map<string, string>> {
  const { output } = await withDirectory((directory) => flagzTest(Object.keys(allFixtures).map(fixture), directory));
  const sections = output.split(/^(?=[✓✗] )/m);
  return new Map(sections.map((section) => [/fixtures\/(.*)\.fixture\.ts/.exec(section)?.[1] ?? '', section]));
}

describe('plain uvu', (it) => {
  let endless: Map<string, Promise<Ended>>;
  it.before(() => {
    endless = new Map(Object.keys(endlessInUvu).map((name) => [name, plainUvu(name)]));
  });

  for (const name of Object.keys(passedByUvu)) {
    it(`ends ${name} with exit code 0`, async () => {
      assert.is((await plainUvu(name)).exitCode, 0);
    });
  }
  for (const name of Object.keys(endlessInUvu)) {
    it(`never ends ${name}`, async () => {
      assert.is((await endless.get(name))?.exitCode, null);
    });
  }
  for (const name of Object.keys(failedByUvu)) {
    it(`ends ${name} with exit code 1`, async () => {
      assert.is((await plainUvu(name)).exitCode, 1);
    });
  }
});

describe('flagz-test', (it) => {
  let reportOf: Map<string, string>;
  it.before(async () => {
    reportOf = await reports();
  });

  for (const [name, message] of Object.entries(allFixtures)) {
    it(`fails ${name} and says why`, () => {
      const report = reportOf.get(name) ?? 'nothing was printed';
      assert.is(report[0], '✗', report);
      assert.match(report, message);
    });
  }
});
