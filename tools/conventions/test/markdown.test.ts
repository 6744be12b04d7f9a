// timeout: 300 s
import { posix } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { anchors, codeBlocks, externalLinks, relativeLinks, resolveLink } from '../src/markdown.ts';
import { promisesResults } from '../src/results.ts';
import { runSnippets } from '../src/run-snippets.ts';
import { compileSnippets, isTypeScript } from '../src/snippets.ts';
import { exists, packages, read, repositoryFiles } from '../src/workspace.ts';

const documents = repositoryFiles().filter((path) => path.endsWith('.md'));
/** All but the changelogs, and what only tools read. */
const compiled = documents.filter((path) =>
  /^([A-Z]+\.md|docs\/[^/]+\.md|(?:(?:packages|examples)\/[^/]+|bench)\/README\.md)$/.test(path),
);

/** Says what is wrong with a link, if something is. */
function problemOf(document: string, target: string): string | undefined {
  const { path, anchor } = resolveLink(document, target);
  if (path.startsWith('..') || posix.isAbsolute(path)) return 'leaves the repository';
  if (!exists(path)) return 'does not exist';
  if (anchor !== '' && path.endsWith('.md') && !anchors(read(path)).has(anchor)) return 'has no such heading';
  return undefined;
}

describe('Markdown', (it) => {
  it('has links that lead somewhere', () => {
    const broken = documents.flatMap((document) =>
      relativeLinks(read(document)).flatMap(({ target, line }) => {
        const problem = problemOf(document, target);
        return problem === undefined ? [] : `${document}:${line} ${target} ${problem}`;
      }),
    );
    assert.equal(broken, []);
  });

  it('has blocks of TypeScript that all are compiled', () => {
    const spared = compiled.flatMap((document) =>
      codeBlocks(read(document))
        .filter(({ info }) => /^(ts|typescript|tsx)\b/.test(info) && !isTypeScript(info))
        .map(({ info, line }) => `${document}:${line} ${info}`),
    );
    assert.equal(spared, []);
  });

  it('has blocks of TypeScript that compile against the sources', async () => {
    assert.equal(await compileSnippets(compiled.map((path) => ({ path, text: read(path) }))), []);
  });

  it('has results in its blocks of TypeScript that are what they give', async () => {
    assert.equal(await runSnippets(compiled.map((path) => ({ path, text: read(path) }))), []);
  });

  it('keeps from running only blocks that promise results', () => {
    const needless = compiled.flatMap((document) =>
      codeBlocks(read(document))
        .filter(({ info, code }) => info === 'ts no-run' && !promisesResults(code))
        .map(({ line }) => `${document}:${line}`),
    );
    assert.equal(needless, []);
  });

  // By their form only: whether they still lead somewhere depends on others, and on the network.
  it('has addresses of other sites that are https', () => {
    const odd = documents.flatMap((document) =>
      externalLinks(read(document))
        .filter(({ target }) => !/^(https:\/\/(?!localhost|127\.|\[)[\w.-]+\.[a-z]+([/?#]|$)|mailto:)/.test(target))
        .map(({ target, line }) => `${document}:${line} ${target}`),
    );
    assert.equal(odd, []);
  });

  it('can use every package in its blocks', () => {
    const { devDependencies = {} } = JSON.parse(read('tools/conventions/package.json')) as {
      devDependencies?: Record<string, string>;
    };
    assert.equal(
      packages().flatMap(({ manifest }) => (manifest.name in devDependencies ? [] : manifest.name)),
      [],
    );
  });
});

describe('codeBlocks()', (it) => {
  it('gives language, code and line', () => {
    assert.equal(codeBlocks('# T\n\n```ts\na;\nb;\n```\n'), [{ info: 'ts', code: 'a;\nb;\n', line: 4 }]);
  });

  it('ends a block only at a fence that is as long', () => {
    assert.equal(
      codeBlocks('````md\n```ts\n```\n````\n').map(({ code }) => code),
      ['```ts\n```\n'],
    );
  });
});

describe('relativeLinks()', (it) => {
  it('finds inline links, images, definitions and HTML', () => {
    const text = '[a](a.md#x "title") ![b](b.png)\n\n[c]: c.md\n<a href="d.md">d</a>';
    assert.equal(
      relativeLinks(text).map(({ target }) => target),
      ['a.md#x', 'b.png', 'c.md', 'd.md'],
    );
  });

  it('leaves out addresses, which externalLinks() gives', () => {
    const text = '[a](https://example.com) [b](b.md) <http://example.org/x>';
    assert.equal(
      relativeLinks(text).map(({ target }) => target),
      ['b.md'],
    );
    assert.equal(
      externalLinks(text).map(({ target }) => target),
      ['https://example.com', 'http://example.org/x'],
    );
  });

  it('leaves out addresses and code', () => {
    assert.equal(relativeLinks('[a](https://example.com) `[b](b.md)`\n```\n[c](c.md)\n```\n'), []);
  });

  it('counts lines through blocks of code', () => {
    assert.equal(relativeLinks('```\ncode\n```\n[a](a.md)'), [{ target: 'a.md', line: 4 }]);
  });
});

describe('anchors()', (it) => {
  it('are those that GitHub makes', () => {
    const text =
      '# What it is: `FlagSet`\n## A [link](x.md) & more\n## Twice\n## Twice\n```\n# code\n```\n<a id="own"></a>';
    assert.equal([...anchors(text)], ['what-it-is-flagset', 'a-link--more', 'twice', 'twice-1', 'own']);
  });
});

describe('resolveLink()', (it) => {
  it('starts at the folder of the document', () => {
    assert.equal(resolveLink('docs/a.md', '../packages/core/#x'), { path: 'packages/core', anchor: 'x' });
    assert.equal(resolveLink('docs/a.md', '#x'), { path: 'docs/a.md', anchor: 'x' });
  });
});

describe('compileSnippets()', (it) => {
  it('reports errors at the lines of the document', async () => {
    const text = '# T\n\n```ts\nconst a: string = 1;\n```\n';
    assert.match((await compileSnippets([{ path: 'x.md', text }])).join('\n'), /^x\.md\(4,7\): error TS2322/);
  });

  it('lets a block import one that has a name', async () => {
    const text =
      '```ts\n// flags.ts\nexport const a = 1;\n```\n```ts\nimport { a } from "./flags.ts";\na.toFixed();\n```\n';
    assert.equal(await compileSnippets([{ path: 'x.md', text }]), []);
  });
});
