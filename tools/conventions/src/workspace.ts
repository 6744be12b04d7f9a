import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Holds the fields of a `package.json` that the conventions look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Is one published package. */
export interface Package {
  /** Relative to the root, like all paths here: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Lists the published packages. */
export function packages(): readonly Package[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `packages/${entry.name}`)
    .map((folder) => ({ folder, manifest: JSON.parse(read(`${folder}/package.json`)) as Manifest }));
}

/** Lists what git has or would take: files that are committed, and new ones that it does not ignore. */
export function repositoryFiles(): readonly string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0');
  return listed.filter((path) => path !== '' && existsSync(join(root, path))).toSorted();
}

/** Lists the TypeScript files below a folder, relative to the root. */
export function typeScriptFiles(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.split(sep).includes('node_modules'))
    .map((path) => `${folder}/${path.replaceAll(sep, '/')}`)
    .toSorted();
}

/** Reads a file by its path relative to the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Tells whether a path relative to the root exists. */
export function exists(path: string): boolean {
  return existsSync(join(root, path));
}
