import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

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
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Lists every entry of the published packages that the benchmarks depend on. @throws {Error} when one is not built */
export function entries(): readonly Entry[] {
  const { dependencies = {} } = readManifest(join(root, 'package.json'));
  const packages = Object.keys(dependencies).filter((name) => name.startsWith('@flagz/'));
  return packages.flatMap((name) => entriesOf(join(root, 'node_modules', name)));
}

function entriesOf(folder: string): Entry[] {
  const manifest = readManifest(join(folder, 'package.json'));
  const { name, exports = {}, dependencies, peerDependencies } = manifest;
  if (manifest.private) return [];
  const external = Object.keys({ ...dependencies, ...peerDependencies });
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const specifier = `${name}${subpath.slice(1)}`;
    const file = join(folder, target.default);
    if (!existsSync(file)) throw new Error(`${specifier} is not built; run "npm run build" at the root`);
    return { specifier, file, external };
  });
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** What the peers' users import. */
export const peerSpecifiers: readonly string[] = ['convict', 'config', '@openfeature/server-sdk'];
