// timeout: 300 s
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { packages, root } from '../src/packages.ts';
import { run } from '../src/run.ts';

interface Manifest {
  version: string;
  peerDependencies?: Record<string, string>;
}

/** Is what `changeset version` looks at. */
const COPIED = ['package.json', '.changeset', 'scripts'];

describe('scripts/version.mjs', (it) => {
  it('makes a minor version of all packages from a minor change of core', async () => {
    assert.equal(await released({ from: '0.1.0', change: 'minor' }), ['0.2.0 workspace:>=0.2.0 <1.0.0']);
  });

  it('makes a patch of all packages from a patch of core, and asks for no newer sibling', async () => {
    assert.equal(await released({ from: '0.1.0', change: 'patch' }), ['0.1.1 workspace:>=0.1.0 <1.0.0']);
  });

  it('makes 1.0.0 of all packages from a breaking change only', async () => {
    assert.equal(await released({ from: '0.1.0', change: 'major' }), ['1.0.0 workspace:>=1.0.0 <2.0.0']);
  });

  it('tells the version in the READMEs', async () => {
    await inRelease({ from: '0.1.0', change: 'minor' }, (copy) => {
      assert.equal(readFileSync(join(copy, 'packages/etcd/README.md'), 'utf8').match(/@flagz\/\w+@[\d.]+/g), [
        '@flagz/etcd@0.2.0',
        '@flagz/core@0.2.0',
      ]);
    });
  });

  it('goes on in the same way after 1.0.0', async () => {
    assert.equal(await released({ from: '1.2.3', change: 'minor' }), ['1.3.0 workspace:>=1.3.0 <2.0.0']);
  });
});

interface Change {
  readonly from: string;
  readonly change: string;
}

/** Releases one change of core. @returns the versions and peer ranges that all packages have then, each once */
async function released(change: Change): Promise<readonly string[]> {
  const results = new Set<string>();
  await inRelease(change, (copy) => {
    for (const { name } of packages()) for (const result of resultOf(copy, name)) results.add(result);
  });
  return [...results];
}

/** Releases one change of core in a copy of what `changeset version` looks at. */
async function inRelease({ from, change }: Change, look: (copy: string) => void): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'flagz-version-'));
  try {
    for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
    writeFileSync(join(copy, 'pnpm-workspace.yaml'), 'packages:\n  - packages/*\n');
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const { name } of packages()) startFrom(copy, name, from);
    writeFileSync(join(copy, '.changeset/one.md'), `---\n'@flagz/core': ${change}\n---\n\nSomething.\n`);
    // Changelogs name the commit that brought the change.
    const git = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
    for (const args of [
      ['init', '-q'],
      ['add', 'packages', '.changeset'],
      ['commit', '-qm', 'all'],
    ]) {
      execFileSync('git', [...git, ...args], { cwd: copy });
    }
    await run(process.execPath, ['scripts/version.mjs'], copy);
    look(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Copies a package's manifest, as of a version. */
function startFrom(copy: string, name: string, version: string): void {
  const folder = `packages/${name.replace('@flagz/', '')}`;
  const manifest = read(join(root, folder));
  const major = Number(version.split('.')[0]);
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((peer) => peer.startsWith('@flagz/'));
  for (const peer of peers) manifest.peerDependencies![peer] = `workspace:>=${major}.1.0 <${major + 1}.0.0`;
  for (const file of ['CHANGELOG.md', 'README.md']) cpSync(join(root, folder, file), join(copy, folder, file));
  writeFileSync(join(copy, folder, 'package.json'), JSON.stringify({ ...manifest, version }));
}

function resultOf(copy: string, name: string): readonly string[] {
  const { version, peerDependencies = {} } = read(join(copy, 'packages', name.replace('@flagz/', '')));
  const ranges = Object.entries(peerDependencies).filter(([peer]) => peer.startsWith('@flagz/'));
  return ranges.length === 0 ? [] : ranges.map(([, range]) => `${version} ${range}`);
}

function read(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
