import { assert, describe } from '@flagz/test-runner';
import { importCycles, importsOf, resolveRelative } from '../src/imports.ts';
import { child, nameOf, parseFile, parseSource, walk, where } from '../src/source-file.ts';
import type { Node, SourceFile } from '../src/source-file.ts';
import { packages, read, repositoryFiles, typeScriptFiles } from '../src/workspace.ts';

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

/** Lists the words of a form that the sources of the packages hold as whole strings. */
function literals(form: RegExp): ReadonlySet<string> {
  const texts = published.flatMap((file) =>
    [...walk(file.body)].filter(({ type }) => type === 'Literal').map((node) => nameOf(node) ?? ''),
  );
  return new Set(texts.filter((text) => form.test(text)));
}

for (const { what, used, word, documents } of [
  {
    what: 'error codes',
    used: literals(/^FLAGZ_[A-Z_]+$/),
    word: /\bFLAGZ_[A-Z_]+\b/g,
    documents: ['docs/errors.md', 'docs/operating.md'],
  },
  {
    what: 'metrics',
    used: literals(/^flagz_[a-z_]+$/),
    word: /\bflagz_[a-z_]+\b/g,
    documents: ['packages/prometheus/README.md', 'docs/operating.md'],
  },
  {
    what: 'alerts',
    used: new Set(
      Array.from(read('packages/prometheus/rules/flagz.yml').matchAll(/- alert: (\w+)/g), ([, name = '']) => name),
    ),
    word: /(?<=`)Flagz[A-Z]\w+(?=`)/g,
    documents: ['packages/prometheus/README.md', 'docs/operating.md'],
  },
]) {
  describe(what, (it) => {
    it('are found', () => assert.ok(used.size > 0));
    for (const document of documents) {
      it(`are all in ${document}`, () => {
        const text = read(document);
        const missing = [...used].filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
        assert.equal(missing, []);
      });
      it(`in ${document} all exist`, () => {
        const unknown = [...new Set(read(document).match(word))].filter((name) => !used.has(name));
        assert.equal(unknown, []);
      });
    }
  });
}

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
