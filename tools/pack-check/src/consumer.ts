import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, compilerVersion } from './compiler.ts';
import { packages, pinned } from './packages.ts';
import type { Package } from './packages.ts';
import { run } from './run.ts';

/** Loads every entry in both ways, and fails when they differ or one is empty. */
const LOADER = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const entry of process.argv.slice(2)) {
  const imported = Object.keys(await import(entry)).sort().join();
  const required = Object.keys(require(entry)).filter((key) => key !== '__esModule').sort().join();
  if (imported === '' || imported !== required) {
    throw new Error(entry + ': import gives ' + imported + '; require gives ' + required);
  }
}
`;

/** Is what most users have: no custom condition, and the types of dependencies are checked too. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  },
  include: ['*.ts'],
};

/** Installs the tarballs together into an empty folder, with the peers that their users bring. */
export async function installConsumer(folder: string, tarballs: ReadonlyMap<string, string>): Promise<void> {
  const all = packages();
  const dependencies: Record<string, string> = { '@types/node': pinned('@types/node') };
  for (const { peers } of all) Object.assign(dependencies, peers);
  for (const [name, tarball] of tarballs) dependencies[name] = `file:${tarball}`;
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  writeFileSync(join(folder, 'load.mjs'), LOADER);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  for (const [index, entry] of entriesOf(all).entries()) {
    const source = `import * as entry from '${entry}';\n\nexport const names: readonly string[] = Object.keys(entry);\n`;
    writeFileSync(join(folder, `consumer-${index}.ts`), source);
  }
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
}

/** Imports and requires every entry with this program `node`. @returns its version */
export async function loadEntries(folder: string, node: string): Promise<string> {
  await run(node, ['load.mjs', ...entriesOf(packages())], folder);
  return (await run(node, ['--version'])).trim();
}

/** Compiles a small program for every entry. @returns the version of the compiler */
export async function typeCheckEntries(folder: string): Promise<string> {
  await compile(['-p', folder]);
  return compilerVersion();
}

function entriesOf(all: readonly Package[]): readonly string[] {
  return all.flatMap(({ entries }) => entries);
}
