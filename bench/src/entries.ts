import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Is what people import. */
export interface Entry {
  /** Is written in the import: `@flagz/core`. */
  readonly specifier: string;
  /** Its built file. */
  readonly file: string;
  /** Packages that it leaves to whoever imports it. */
  readonly external: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Lists every public entry of the packages that the benchmarks depend on. @throws {Error} when one is not built */
export function entries(): readonly Entry[] {
  const own = new URL('../package.json', import.meta.url);
  const { dependencies = {} } = readManifest(own);
  const packages = Object.keys(dependencies).filter((name) => name.startsWith('@flagz/'));
  return packages.flatMap((name) => entriesOf(createRequire(own).resolve(`${name}/package.json`)));
}

function entriesOf(path: string): Entry[] {
  const { name, exports = {}, dependencies, peerDependencies } = readManifest(path);
  const external = Object.keys({ ...dependencies, ...peerDependencies });
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const specifier = `${name}${subpath.slice(1)}`;
    const file = join(dirname(path), target.default);
    if (!existsSync(file)) throw new Error(`${specifier} is not built; run "npm run build" at the root`);
    return { specifier, file, external };
  });
}

function readManifest(path: string | URL): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** What the peers' users import. */
export const peerSpecifiers: readonly string[] = ['convict', 'config', '@openfeature/server-sdk'];
