import { assert, describe } from '@flagz/test-runner';
import { importCycles, importsOf, resolveRelative } from '../src/imports.ts';
import { child, nameOf, parseFile, parseSource, walk, where } from '../src/source-file.ts';
import type { Node, SourceFile } from '../src/source-file.ts';
import { exists, packages, read, repositoryFiles, typeScriptFiles } from '../src/workspace.ts';

const MAX_LINES = 300;

const all = repositoryFiles()
  .filter((path) => path.endsWith('.ts'))
  .map(parseFile);
const published = packages()
  .flatMap(({ folder }) => typeScriptFiles(`${folder}/src`))
  .map(parseFile);
// The fixtures of the test runner show what it refuses.
const tests = all.filter(({ path }) => /\/test\//.test(path) && !path.startsWith('tools/test-runner/test/fixtures/'));

/** Lists where nodes like these are. */
function places(files: readonly SourceFile[], matches: (node: Node) => boolean): readonly string[] {
  return files.flatMap((file) => [...walk(file.body)].filter(matches).map((node) => where(file, node)));
}

function isMember(node: Node, object: RegExp, property: RegExp): boolean {
  return (
    node.type === 'MemberExpression' &&
    object.test(nameOf(child(node, 'object')) ?? '') &&
    property.test(nameOf(child(node, 'property')) ?? '')
  );
}

describe('all sources', (it) => {
  it('are found', () => {
    assert.ok(published.length > 0);
    assert.ok(tests.length > 0);
  });

  it('have no default export', () => {
    assert.equal(
      places(all, ({ type }) => type === 'ExportDefaultDeclaration'),
      [],
    );
  });

  it('have no enum and no namespace', () => {
    assert.equal(
      places(all, ({ type }) => type === 'TSEnumDeclaration' || type === 'TSModuleDeclaration'),
      [],
    );
  });

  it('import no file of another package', () => {
    const packageOf = (path: string): string =>
      path
        .split('/')
        .slice(0, path.startsWith('bench/') ? 1 : 2)
        .join('/');
    const foreign = all.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => packageOf(resolveRelative(file.path, specifier)) !== packageOf(file.path))
        .map(({ specifier, node }) => `${where(file, node)} ${specifier}`),
    );
    assert.equal(foreign, []);
  });
});

describe("packages' sources", (it) => {
  it('have no import cycle', () => assert.equal(importCycles(published), []));

  it('leave printing and exiting to the program', () => {
    const found = places(
      published,
      (node) => isMember(node, /^console$/, /./) || isMember(node, /^process$/, /^exit$/),
    );
    assert.equal(found, []);
  });

  it(`have at most ${MAX_LINES} lines a file`, () => {
    const long = published.filter(({ text }) => text.trimEnd().split('\n').length > MAX_LINES);
    assert.equal(
      long.map(({ path }) => path),
      [],
    );
  });
});

describe('error codes', (it) => {
  const pattern = /\bFLAGZ_[A-Z_]+\b/g;
  const documented = exists('docs/errors.md') ? new Set(read('docs/errors.md').match(pattern)) : new Set();
  const used = new Set(
    published.flatMap((file) =>
      [...walk(file.body)]
        .filter(({ type }) => type === 'Literal')
        .map((node) => nameOf(node) ?? '')
        .filter((text) => /^FLAGZ_[A-Z_]+$/.test(text)),
    ),
  );

  it('are found', () => assert.ok(used.size > 0));
  it('are all in docs/errors.md', () =>
    assert.equal(
      [...used].filter((code) => !documented.has(code)),
      [],
    ));
  it('in docs/errors.md all exist', () =>
    assert.equal(
      [...documented].filter((code) => !used.has(String(code))),
      [],
    ));
});

describe('tests', (it) => {
  it('have no .only left', () => {
    const found = places(tests, (node) => {
      const callee = node.type === 'CallExpression' ? child(node, 'callee') : undefined;
      return callee !== undefined && isMember(callee, /./, /^only$/);
    });
    assert.equal(found, []);
  });

  it('use uvu only through the test runner, which closes its holes', () => {
    const found = tests.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => /^uvu(\/|$)/.test(specifier))
        .map(({ node }) => where(file, node)),
    );
    assert.equal(found, []);
  });
});

describe('importCycles()', (it) => {
  const cyclesOf = (files: Record<string, string>): readonly (readonly string[])[] =>
    importCycles(Object.entries(files).map(([path, text]) => parseSource(path, text)));

  it('finds a cycle over several files, through imports and re-exports', () => {
    const files = {
      'a.ts': "import { b } from './b.ts';",
      'b.ts': "export { c } from './c.ts';",
      'c.ts': "import './a.ts';",
    };
    assert.equal(cyclesOf(files), [['a.ts', 'b.ts', 'c.ts', 'a.ts']]);
  });

  it('lets types refer to each other', () => {
    const files = { 'a.ts': "import type { B } from './b.ts';", 'b.ts': "import { type A } from './a.ts';" };
    assert.equal(cyclesOf(files), []);
  });
});
