import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { contentProblems, sizeProblem } from '../src/contents.ts';

const MAP = JSON.stringify({ version: 3, sourceRoot: '', sources: ['../src/index.ts'] });

const COMPLETE: Readonly<Record<string, string>> = {
  'CHANGELOG.md': '',
  LICENSE: '',
  'README.md': '',
  'package.json': '{}',
  'dist/index.js': '',
  'dist/index.js.map': MAP,
  'dist/index.d.ts': '',
  'dist/index.d.ts.map': MAP,
  'src/index.ts': '',
};

/** Says what is wrong with a package of these files. */
function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'flagz-contents-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return contentProblems(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('contentProblems()', (it) => {
  it('accepts a complete package', () => assert.equal(problemsOf(COMPLETE), []));

  it('finds a file that is missing', () => {
    const { LICENSE: _, ...files } = COMPLETE;
    assert.equal(problemsOf(files), ['LICENSE is missing']);
  });

  it('finds what does not belong there', () => {
    assert.equal(problemsOf({ ...COMPLETE, 'test/x.test.ts': '', 'dist/x.tsbuildinfo': '', 'src/notes.txt': '' }), [
      'test does not belong there',
      'dist/x.tsbuildinfo does not belong there',
      'src/notes.txt does not belong there',
    ]);
  });

  it('finds tests', () => {
    assert.equal(problemsOf({ ...COMPLETE, 'src/a.test.ts': '', 'dist/a.test.js': '', 'src/test/b.ts': '' }), [
      'dist/a.test.js does not belong there',
      'src/a.test.ts does not belong there',
      'src/test/b.ts does not belong there',
    ]);
  });

  it('accepts folders of data that the manifest names, but no code in them', () => {
    const manifest = JSON.stringify({ files: ['dist', 'src', 'rules/alerts.yml', 'NOTICE'] });
    const files = { ...COMPLETE, 'package.json': manifest, 'rules/alerts.yml': '', NOTICE: '' };
    assert.equal(problemsOf(files), []);
    assert.equal(problemsOf({ ...files, 'rules/check.ts': '' }), ['rules/check.ts does not belong there']);
  });

  it('finds a source map whose source is gone', () => {
    const { 'src/index.ts': _, ...files } = COMPLETE;
    assert.equal(problemsOf({ ...files, 'src/other.ts': '' }), [
      'dist/index.d.ts.map leads to ../src/index.ts, which is not there',
      'dist/index.js.map leads to ../src/index.ts, which is not there',
    ]);
  });
});

describe('sizeProblem()', (it) => {
  const problemOf = (readme: string, bytes: number): string | undefined => {
    const folder = mkdtempSync(join(tmpdir(), 'flagz-size-'));
    try {
      writeFileSync(join(folder, 'README.md'), readme);
      return sizeProblem(folder, bytes);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('compares with what the README promises', () => {
    assert.is(problemOf('No dependencies; less than 10 kB packed.', 9_999), undefined);
    assert.is(problemOf('less than 10 kB packed', 10_000), 'has 10.0 kB packed, README.md says less than 10');
  });

  it('asks for a promise', () => {
    assert.is(problemOf('Small.', 1), 'README.md does not say "less than … kB packed"');
  });
});
