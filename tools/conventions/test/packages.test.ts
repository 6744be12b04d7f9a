import { assert, describe } from '@flagz/test-runner';
import { importsOf, resolveRelative } from '../src/imports.ts';
import { parseFile } from '../src/source-file.ts';
import { exists, packages, read, typeScriptFiles } from '../src/workspace.ts';
import type { Manifest, Package } from '../src/workspace.ts';

const FILES = ['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'tsconfig.json', 'src', 'test'];

/** The fields of a package.json in their order; those with a question mark are there where needed. */
const FIELDS = [
  'name',
  'version',
  'description',
  'keywords',
  'license',
  'repository?',
  'files',
  'type',
  'sideEffects',
  'exports',
  'publishConfig',
  'scripts',
  'dependencies?',
  'devDependencies?',
  'peerDependencies?',
  'peerDependenciesMeta?',
  'engines',
];

const PUBLISHED = ['dist', 'src', 'CHANGELOG.md'];

/** What npm or pnpm run by themselves, at their users' or at a publisher's. */
const INSTALL_SCRIPTS = [
  'preinstall',
  'install',
  'postinstall',
  'preprepare',
  'prepare',
  'postprepare',
  'prepublish',
  'prepublishOnly',
  'prepack',
  'postpack',
  'publish',
  'postpublish',
  'dependencies',
];

describe('a package', (it) => {
  for (const { folder, manifest } of packages()) {
    it(`has its files: ${folder}`, () => {
      assert.equal(
        FILES.filter((file) => !exists(`${folder}/${file}`)),
        [],
      );
    });

    it(`has the fields of its siblings, in their order: ${folder}`, () => {
      const expected = FIELDS.filter((field) => !field.endsWith('?') || field.slice(0, -1) in manifest);
      assert.equal(
        Object.keys(manifest),
        expected.map((field) => field.replace('?', '')),
      );
    });

    it(`has the name of its folder and publishes what its siblings do: ${folder}`, () => {
      assert.is(manifest.name, folder.replace('packages/', '@flagz/'));
      // Data files, such as a JSON schema, may follow.
      assert.equal(manifest.files?.slice(0, PUBLISHED.length), PUBLISHED);
      assert.equal(
        manifest.files?.filter((path) => path !== 'dist' && !exists(`${folder}/${path}`)),
        [],
      );
    });

    it(`works with siblings of its own minor version, and with later ones below the next major: ${folder}`, () => {
      const siblings = Object.entries(manifest.peerDependencies ?? {}).filter(([name]) => name.startsWith('@flagz/'));
      assert.equal(
        siblings.map(([, range]) => range),
        siblings.map(() => siblingRange(manifest.version)),
      );
    });

    it(`tells in its README what npm ls says of this version: ${folder}`, () => {
      assert.match(
        read(`${folder}/README.md`),
        `\`npm ls --omit=dev --all\`:\n\n\`\`\`text\n${manifest.name}@${manifest.version}\n`,
      );
    });

    it(`runs nothing when it is installed: ${folder}`, () => {
      assert.equal(
        Object.keys(manifest.scripts ?? {}).filter((script) => INSTALL_SCRIPTS.includes(script)),
        [],
      );
    });

    it(`exports entries that exist, under three conditions: ${folder}`, () => {
      for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
        if (subpath === './package.json') continue;
        if (subpath.endsWith('.json')) {
          assert.is(target, subpath);
          assert.ok(exists(`${folder}/${subpath}`), `${folder}: ${subpath} is not there`);
          continue;
        }
        assert.equal(target, expectedTarget(folder, subpath));
        assert.ok(exists(`${folder}/${sourceOf(folder, subpath)}`), `${folder}: ${subpath} has no source`);
      }
    });

    it(`exports its package.json and no pattern: ${folder}`, () => {
      const subpaths = Object.keys(manifest.exports ?? {});
      assert.ok(subpaths.includes('./package.json'));
      assert.equal(
        subpaths.filter((subpath) => subpath.includes('*')),
        [],
      );
    });

    it(`has no source that none of its entries leads to: ${folder}`, () => {
      const reached = reachable(entriesOf({ folder, manifest }));
      assert.equal(
        typeScriptFiles(`${folder}/src`).filter((path) => !reached.has(path)),
        [],
      );
    });
  }

  it('is there at all', () => assert.ok(packages().length > 0));
});

describe('@flagz/core', (it) => {
  const core = packages().find(({ manifest }) => manifest.name === '@flagz/core');

  it('has no dependencies', () => {
    assert.is(core?.manifest.dependencies, undefined);
    assert.is(core?.manifest.peerDependencies, undefined);
  });

  it('imports only its own files, so that it runs in any JavaScript runtime', () => {
    const foreign = typeScriptFiles('packages/core/src').flatMap((path) =>
      importsOf(parseFile(path))
        .filter(({ specifier }) => !specifier.startsWith('.'))
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    assert.equal(foreign, []);
  });
});

function entriesOf({ folder, manifest }: { folder: string; manifest: Manifest }): readonly string[] {
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => `${folder}/${sourceOf(folder, subpath)}`);
}

function sourceOf(folder: Package['folder'], subpath: string): string {
  const name = subpath === '.' ? 'index' : subpath.slice(2);
  const asFolder = `src/${name}/index.ts`;
  return exists(`${folder}/${asFolder}`) ? asFolder : `src/${name}.ts`;
}

/** As scripts/version.mjs writes it: a caret would end at the next minor version below 1.0.0, and make each one a 1.0.0. */
function siblingRange(version: string): string {
  const [major = '', minor = ''] = version.split('.');
  return `workspace:>=${major}.${minor}.0 <${Number(major) + 1}.0.0`;
}

function expectedTarget(folder: string, subpath: string): object {
  const source = sourceOf(folder, subpath);
  const built = source.replace(/^src/, 'dist').replace(/\.ts$/, '');
  return { '@flagz/source': `./${source}`, types: `./${built}.d.ts`, default: `./${built}.js` };
}

/** Follows the imports, those of types too. */
function reachable(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !exists(path)) return;
    reached.add(path);
    for (const { specifier } of importsOf(parseFile(path))) {
      if (specifier.startsWith('.')) visit(resolveRelative(path, specifier));
    }
  };
  entries.forEach(visit);
  return reached;
}
