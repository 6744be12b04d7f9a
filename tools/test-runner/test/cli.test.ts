import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe } from '../src/index.ts';
import { fixture, flagzTest, withDirectory } from './support.ts';

describe('flagz-test', (it) => {
  it('runs every test file under test/', () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, 'test/deep'), { recursive: true });
      writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
      for (const name of ['a.test.ts', 'deep/b.test.ts']) {
        writeFileSync(join(directory, 'test', name), `import '${fixture('it-skip')}';`);
      }
      const { output, exitCode } = await flagzTest([], directory);
      assert.is(exitCode, 0, output);
      assert.match(output, /^✓ test\/a\.test\.ts  1 passed  \d+ ms$/m);
      assert.match(output, /^✓ test\/deep\/b\.test\.ts  1 passed  \d+ ms$/m);
      assert.is(output.trimEnd().split('\n').at(-1), '2 passed, 0 failed, 2 skipped');
    }));

  it('writes what it counted, with the reasons of the skipped', () =>
    withDirectory(async (directory) => {
      await flagzTest([fixture('it-skip'), fixture('failing-test')], directory);
      assert.equal(JSON.parse(readFileSync(join(directory, '.test-results/results.json'), 'utf8')), {
        passed: 2,
        failed: 1,
        skipped: 1,
        skips: [{ title: 'it skip: needs Go', reason: 'Go is not installed' }],
        on: {},
      });
    }));

  it('reports a skipped test with its reason', () =>
    withDirectory(async (directory) => {
      const { output } = await flagzTest([fixture('it-skip')], directory);
      assert.match(output, /^ {4}skipped: it skip: needs Go \(Go is not installed\)$/m);
    }));

  it('counts tests by what they run on, and skips those whose part is missing', () =>
    withDirectory(async (directory) => {
      const { output, exitCode } = await flagzTest([fixture('describe-on')], directory);
      assert.is(exitCode, 0, output);
      assert.match(output, /^✓ .*describe-on\.fixture\.ts  3 passed, 2 on etcd 3\.4, 1 on etcd 3\.5  \d+ ms$/m);
      assert.match(output, /^ {4}skipped: stores, etcd 3\.7: reads \(etcd 3\.7 is not there\)$/m);
      const results = JSON.parse(readFileSync(join(directory, '.test-results/results.json'), 'utf8'));
      assert.equal(results.on, { 'etcd 3.4': 2, 'etcd 3.5': 1 });
      assert.is(results.skipped, 2);
    }));

  it('fails when there is no test file', () =>
    withDirectory(async (directory) => {
      const { output, exitCode } = await flagzTest([], directory);
      assert.is(exitCode, 1);
      assert.match(output, /no test file: expected test\/\*\*\/\*\.test\.ts/);
    }));

  it('fails when a file is missing', () =>
    withDirectory(async (directory) => {
      const { output, exitCode } = await flagzTest(['test/gone.test.ts'], directory);
      assert.is(exitCode, 1);
      assert.match(output, /✗ test\/gone\.test\.ts[^]*no such file/);
    }));

  it('removes the figures of the run before, also when it crashes', () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, '.test-results'));
      writeFileSync(join(directory, '.test-results/results.json'), '{"passed": 1}');
      // A directory in place of a file makes the runner itself throw.
      cpSync(fixture('it-skip'), join(directory, 'test/x.test.ts/file.ts'));
      const { exitCode } = await flagzTest(['test/x.test.ts'], directory);
      assert.is(exitCode, 1);
      assert.not(existsSync(join(directory, '.test-results/results.json')));
    }));
});
