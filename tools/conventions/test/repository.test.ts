import { assert, describe } from '@flagz/test-runner';
import { read, repositoryFiles } from '../src/workspace.ts';

/** What only one machine or one network knows. Composed, so that this file does not find itself. */
const PRIVATE: Record<string, RegExp> = {
  'a path of one machine': new RegExp(`(?<![\\w./-])/(?:${['work', 'root', 'home/[a-z]+'].join('|')})/`),
  'the address of a registry': new RegExp(
    `https?://[^\\s"'/]*(?:${['registry', 'npm-mirror', 'verdaccio'].join('|')})[^\\s"'/]*`,
  ),
};

describe('committed files', (it) => {
  const files = repositoryFiles();

  it('are found', () => assert.ok(files.includes('package.json')));

  for (const [what, pattern] of Object.entries(PRIVATE)) {
    it(`do not hold ${what}`, () => {
      const found = files.flatMap((path) =>
        read(path)
          .split('\n')
          .flatMap((line, index) => (pattern.test(line) ? `${path}:${index + 1} ${pattern.exec(line)?.[0]}` : [])),
      );
      assert.equal(found, []);
    });
  }
});

describe('the lockfile', (it) => {
  it('names no host: packages come from the registry of whoever installs', () => {
    const found = read('pnpm-lock.yaml').match(/^.*(?:resolved|tarball|registry): *\S*https?:.*$/gm);
    assert.equal(found ?? [], []);
  });
});
