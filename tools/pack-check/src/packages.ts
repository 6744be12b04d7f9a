import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Is one package that is published. */
export interface Package {
  readonly folder: string;
  readonly name: string;
  /** What users import: `@flagz/core`, `@flagz/cli-adapters/env`. */
  readonly entries: readonly string[];
  /** The foreign packages that its users bring, in the versions that it is developed with, types included. */
  readonly peers: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Lists the published packages. */
export function packages(): readonly Package[] {
  return readdirSync(join(root, 'packages')).map((name) => {
    const folder = join(root, 'packages', name);
    return packageOf(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest);
  });
}

/** Gives the version of a development tool that the repository pins. */
export function pinned(tool: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Required<Manifest>;
  const version = devDependencies[tool];
  if (version === undefined) throw new Error(`the root package.json pins no ${tool}`);
  return version;
}

/** Gives the pinned pnpm: `pnpm@10.34.9`. */
export function packageManager(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string }).packageManager;
}

function packageOf(folder: string, { name, exports, peerDependencies = {}, devDependencies = {} }: Manifest): Package {
  const isPeer = (dependency: string): boolean => dependency in peerDependencies && !dependency.startsWith('@flagz/');
  return {
    folder,
    name,
    entries: Object.keys(exports)
      // Data, such as a manifest or a schema, is not imported without saying so.
      .filter((subpath) => !subpath.endsWith('.json'))
      .map((subpath) => name + subpath.slice(1)),
    peers: Object.fromEntries(
      Object.entries(devDependencies).filter(([dependency]) => isPeer(dependency.replace(/^@types\//, ''))),
    ),
  };
}
