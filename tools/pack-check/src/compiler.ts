import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './packages.ts';
import type { Package } from './packages.ts';
import { run } from './run.ts';

const compiler = join(root, 'node_modules/typescript');

/** Runs the repository's TypeScript. */
export async function compile(args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(compiler, 'bin/tsc'), ...args], root);
}

/** Gives the version of the repository's TypeScript. */
export function compilerVersion(): string {
  return (JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Builds from nothing: what the compiler once made of a source that is gone must not be published. */
export async function buildAfresh(all: readonly Package[]): Promise<void> {
  for (const { folder } of all) {
    await rm(join(folder, 'dist'), { recursive: true, force: true });
    await rm(join(folder, 'tsconfig.tsbuildinfo'), { force: true });
  }
  await compile(['-b', ...all.map(({ folder }) => folder)]);
}
