import { assert, describe, throws } from '../src/index.ts';
import { fixture, flagzTest, withDirectory } from './support.ts';

/** Mistakes with describe(), and what flagz-test says of them. */
const mistakes: Record<string, RegExp> = {
  'empty-describe': /describe\('empty'\) declares no test/,
  'asynchronous-describe': /describe\('asynchronous'\) must not be asynchronous/,
  'nested-describe': /describe\('inner'\) was called after the tests had begun/,
  'it-only': /it\.only was left in: it only: runs/,
  'throwing-hooks': /throwing hooks: the before hook threw 'no database'/,
  'thrown-value': /threw \{ status: 500 \}, which is not an Error/,
};

function runFixture(name: string): Promise<{ output: string; exitCode: number | null }> {
  return withDirectory((directory) => flagzTest([fixture(name)], directory));
}

describe('describe()', (it) => {
  for (const [name, message] of Object.entries(mistakes)) {
    it(`fails on ${name} and says why`, async () => {
      const { output, exitCode } = await runFixture(name);
      assert.is(exitCode, 1);
      assert.match(output, message);
    });
  }

  it('goes on after a test that threw what is not an Error', async () => {
    assert.match((await runFixture('thrown-value')).output, /1 passed, 1 failed/);
  });

  it('runs each suite of a file with a top-level await once', async () => {
    const { output, exitCode } = await runFixture('awaiting-file');
    assert.is(exitCode, 0);
    assert.match(output, /^2 passed, 0 failed$/m);
  });

  it('refuses a suite while tests run', () => {
    throws(() => describe('too late', () => {}), /was called after the tests had begun/);
  });
});

describe('It', (it) => {
  const events: string[] = [];
  it.before(() => void events.push('before'));
  it.beforeEach(() => void events.push('beforeEach'));
  it.afterEach(() => void events.push('afterEach'));
  it.after(() => assert.equal(events, ['before', 'beforeEach', 'one', 'afterEach', 'beforeEach', 'two', 'afterEach']));

  it('runs its hooks around the first test', () => void events.push('one'));
  it('runs its hooks around the second test', () => void events.push('two'));
});
