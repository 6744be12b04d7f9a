import { assert, describe } from '@flagz/test-runner';
import { anySignatures, publicApi, undocumented } from '../src/public-api.ts';
import type { Declaration } from '../src/public-api.ts';
import { children, parseFile, parseSource, where } from '../src/source-file.ts';
import type { SourceFile } from '../src/source-file.ts';
import { exists, packages, typeScriptFiles } from '../src/workspace.ts';

/** The declarations behind every entry of a package. */
function apiOf(folder: string): readonly Declaration[] {
  const manifest = packages().find((one) => one.folder === folder)?.manifest;
  return Object.values(manifest?.exports ?? {})
    .map((target) => `${folder}/${String((target as Record<string, string>)['@flagz/source'])}`.replace('/./', '/'))
    .filter(exists)
    .flatMap((entry) => publicApi(parseFile(entry)));
}

describe('the public API', (it) => {
  for (const { folder } of packages()) {
    it(`is documented: ${folder}`, () => assert.equal(undocumented(apiOf(folder)), []));
    it(`never says any: ${folder}`, () => assert.equal(anySignatures(apiOf(folder)), []));
  }

  it('is one named list in index.ts: no export *, no logic', () => {
    const problems = packages()
      .flatMap(({ folder }) => typeScriptFiles(`${folder}/src`))
      .filter((path) => path.endsWith('/index.ts'))
      .map(parseFile)
      .flatMap((file) =>
        file.body
          .filter(({ type, source, ...rest }) => {
            const named = children({ type, source, ...rest }, 'specifiers').length > 0;
            return type !== 'ExportNamedDeclaration' || source === null || !named;
          })
          .map((statement) => `${where(file, statement)} ${statement.type}`),
      );
    assert.equal(problems, []);
  });
});

/** Parses an entry that has the other files beside it. */
function api(files: Record<string, string>): readonly Declaration[] {
  const parsed = (path: string): SourceFile => parseSource(path, files[path] ?? '');
  return publicApi(parsed('src/index.ts'), parsed);
}

describe('undocumented()', (it) => {
  it('follows re-exports to the declaration', () => {
    const declarations = api({
      'src/index.ts': "export { outer as renamed } from './a.ts';",
      'src/a.ts': "export { inner as outer } from './b.ts';",
      'src/b.ts': 'export const inner = 1;',
    });
    assert.equal(undocumented(declarations), ['src/b.ts:1 renamed']);
  });

  it('finds methods without a docstring', () => {
    const source = [
      '/** Is a thing. */',
      'export class Thing {',
      '  #hidden = 1;',
      '  private alsoHidden = 1;',
      '  constructor() {}',
      '  field = 1;',
      '  bare(): void {}',
      '  /** Does it. */',
      '  done(): void {}',
      '  override toString(): string {}',
      '  [Symbol.dispose](): void {}',
      '}',
      '/** Is a shape. */',
      'export interface Shape {',
      '  readonly side: number;',
      '  area(): number;',
      '}',
    ];
    assert.equal(undocumented(api({ 'src/index.ts': source.join('\n') })), [
      'src/index.ts:7 Thing.bare',
      'src/index.ts:16 Shape.area',
    ]);
  });

  it('takes one docstring for all overloads', () => {
    const source = '/** Adds. */\nexport function add(a: 1): 1;\nexport function add(a: 2): 2;';
    assert.equal(undocumented(api({ 'src/index.ts': source })), []);
  });

  it('takes no ordinary comment for a docstring', () => {
    assert.equal(undocumented(api({ 'src/index.ts': '// Adds.\nexport const add = 1;' })), ['src/index.ts:2 add']);
  });
});

describe('anySignatures()', (it) => {
  it('looks at signatures, not at bodies', () => {
    const source = 'export function f(a: any): void {}\nexport function g(): void { const a: any = 1; }';
    assert.equal(anySignatures(api({ 'src/index.ts': source })), ['src/index.ts:1 f']);
  });
});
