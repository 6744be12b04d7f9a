import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGES = ['core', 'testing', 'configmap', 'cli-adapters'];

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
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Lists every public entry of every package. @throws {Error} when one is not built */
export function entries(): readonly Entry[] {
  const require = createRequire(import.meta.url);
  return PACKAGES.flatMap((name) => entriesOf(require.resolve(`@flagz/${name}/package.json`)));
}

function entriesOf(path: string): Entry[] {
  const { name, exports, dependencies, peerDependencies } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const external = Object.keys({ ...dependencies, ...peerDependencies });
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const specifier = `${name}${subpath.slice(1)}`;
    const file = join(dirname(path), target.default);
    if (!existsSync(file)) throw new Error(`${specifier} is not built; run "npm run build" at the root`);
    return { specifier, file, external };
  });
}

/** What the peers' users import. */
export const peerSpecifiers: readonly string[] = ['convict', 'config', '@openfeature/server-sdk'];
