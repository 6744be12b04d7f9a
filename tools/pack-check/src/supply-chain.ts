import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Package } from './packages.ts';
import { run } from './run.ts';

const START = '<!-- Written by tools/pack-check: npx --yes pnpm@10.34.9 --filter @flagz/pack-check run update -->';
const END = '<!-- End of what tools/pack-check writes. -->';
const SIZE = /(\d+) (kB|MB)(?= (?:packed|installed))/g;
/** How much larger a size is stated than it is. */
const HEADROOM = 1.1;
/** What a stated size may be of the one that would be stated now: the smallest is no smaller than the size itself. */
const [SMALLEST_PART, LARGEST_PART] = [0.92, 1.5];
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Holds the fields of a manifest that say what is installed. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Installs a packed package alone, with what it needs and nothing optional, and says what that is: the section of its README.
 *
 * The versions are those that the repository has locked: what others publish tomorrow makes no README of ours outdated.
 *
 * @param core the tarball of `@flagz/core`, which no registry has before the first release.
 */
export async function supplyChainOf(one: Package, tarball: string, core: string, folder: string): Promise<string> {
  await unpack(tarball, folder);
  const manifest = { ...readManifest(folder), devDependencies: undefined };
  const versions = lockedVersions(one.folder, manifest);
  if (versions.size > 0) {
    write(folder, pinnedTo(versions, manifest));
    const options = ['--omit=dev', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, core], folder);
  } else if (manifest.name !== '@flagz/core') {
    await unpack(core, join(folder, 'node_modules/@flagz/core'));
  }
  write(folder, manifest);
  const tree = await run('npm', ['ls', '--omit=dev', '--all'], folder);
  const scripts = [manifest, ...installed(folder)].filter(hasInstallScript).map(({ name }) => name);
  const packed = `${size(statSync(tarball).size)} packed, sources and source maps included`;
  return [
    START,
    '',
    `Install scripts: ${scripts.length > 0 ? scripts.join(', ') : 'none'}. Less than ${packed}; less than ${size(bytesBelow(folder))} installed, with all that follows. \`npm ls --omit=dev --all\`:`,
    '',
    '```text',
    // The first line ends with the folder.
    tree.trim().replace(/^(\S+) .*/, '$1'),
    '```',
    '',
    END,
  ].join('\n');
}

/**
 * Puts the section into a README that says otherwise; sizes that are still about right stay, so that not every change of the
 * code makes a README outdated.
 *
 * @throws {Error} when it has no place for it.
 */
export function withSupplyChain(readme: string, section: string): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start >= 0 && end > start) {
    const stated = readme.slice(start, end + END.length);
    return readme.slice(0, start) + (stillTrue(stated, section) ? stated : section) + readme.slice(end + END.length);
  }
  throw new Error(`a README needs these two lines below its heading "Supply chain":\n${START}\n${END}`);
}

/** Tells whether two sections differ in nothing but sizes, and these in little. */
function stillTrue(stated: string, current: string): boolean {
  if (stated.replace(SIZE, '') !== current.replace(SIZE, '')) return false;
  const [was, is] = [sizesIn(stated), sizesIn(current)];
  return is.every((bytes, index) => {
    const part = (was[index] ?? 0) / bytes;
    return part >= SMALLEST_PART && part <= LARGEST_PART;
  });
}

function sizesIn(section: string): readonly number[] {
  return [...section.matchAll(SIZE)].map(([, count, unit]) => Number(count) * (unit === 'MB' ? 1_000_000 : 1_000));
}

/** Rounds up to a size that does not change with each line of code, with a tenth to spare. */
function size(bytes: number): string {
  const kilobytes = Math.max(10, Math.ceil((bytes * HEADROOM) / 10_000) * 10);
  return kilobytes < 1_000 ? `${kilobytes} kB` : `${Math.ceil((bytes * HEADROOM) / 1_000_000)} MB`;
}

/** Finds the versions that the repository has installed of all that a package needs. */
function lockedVersions(folder: string, manifest: Manifest): ReadonlyMap<string, ReadonlySet<string>> {
  const versions = new Map<string, Set<string>>();
  const visit = (from: string, needs: readonly string[]): void => {
    for (const name of needs) {
      const found = findPackage(from, name);
      if (!found) continue;
      const dependency = readManifest(found);
      const known = versions.get(name) ?? new Set();
      if (known.has(dependency.version)) continue;
      versions.set(name, known.add(dependency.version));
      visit(found, required(dependency));
    }
  };
  visit(folder, required(manifest));
  return versions;
}

/** Makes npm choose these versions; what is there in several versions follows from the others' ranges. */
function pinnedTo(versions: ReadonlyMap<string, ReadonlySet<string>>, manifest: Manifest): object {
  const exact = new Map(
    [...versions].flatMap(([name, [version = '', ...others]]) => (others.length > 0 ? [] : [[name, version] as const])),
  );
  const pin = (ranges: Readonly<Record<string, string>> = {}): object =>
    Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, exact.get(name) ?? range]));
  const { dependencies, peerDependencies } = manifest;
  return {
    ...manifest,
    dependencies: pin(dependencies),
    peerDependencies: pin(peerDependencies),
    // Npm refuses an override that differs from the range of a direct dependency.
    overrides: Object.fromEntries(exact),
  };
}

async function unpack(tarball: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
}

/** Lists what npm installs with a package. */
function required({
  dependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}: Manifest): readonly string[] {
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys(dependencies), ...peers].filter((name) => !name.startsWith('@flagz/'));
}

/** Finds a package as Node does. */
function findPackage(from: string, name: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
  }
  return undefined;
}

function installed(folder: string): readonly Manifest[] {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
    .map((path) => readManifest(join(modules, dirname(path))))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function hasInstallScript({ scripts = {} }: Manifest): boolean {
  return INSTALL_SCRIPTS.some((script) => script in scripts);
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.package-lock.json')
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function write(folder: string, manifest: object): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}
