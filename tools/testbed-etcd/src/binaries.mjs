// Plain JavaScript with node: imports only: scripts/lib/ensure-etcd.mjs uses it before anything is compiled.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The version that `go.mod` names. */
export const BUILT_VERSION = '3.7.3';

/** Where the compiled etcd is kept: in the user's cache folder, so that it is compiled once. */
export const builtPath = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'flagz',
  `etcd-${BUILT_VERSION}`,
);

/**
 * Finds the etcd servers of this machine: what `FLAGZ_ETCD` names (one path, or several as in PATH), else the system's and
 * the compiled one.
 *
 * @returns {import('./binaries.mjs').EtcdBinary[]} oldest first, each version once
 * @throws {Error} when `FLAGZ_ETCD` names something that is no etcd
 */
export function findEtcds() {
  const named = process.env.FLAGZ_ETCD?.split(delimiter).filter((path) => path !== '');
  const paths = named?.length ? named : [...systemPaths(), builtPath].filter((path) => existsSync(path));
  const found = new Map();
  for (const path of paths) {
    const version = versionOf(path);
    if (version !== undefined) found.set(version, found.get(version) ?? { path, version });
    else if (named?.length) throw new Error(`FLAGZ_ETCD names ${path}, which is no etcd server`);
  }
  return [...found.values()].sort((left, right) => left.version.localeCompare(right.version, 'en', { numeric: true }));
}

/** As `findEtcds`, but having none is an error: tests against etcd are never skipped silently. */
export function etcdBinaries() {
  const found = findEtcds();
  if (found.length > 0) return found;
  throw new Error(
    'no etcd server found: install one (Debian: apt-get install etcd-server), or set FLAGZ_ETCD to its path, or run npm test, which does',
  );
}

function systemPaths() {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'etcd'));
}

function versionOf(path) {
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined;
}
