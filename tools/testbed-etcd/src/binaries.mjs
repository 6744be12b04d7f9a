// Plain JavaScript with node: imports only: scripts/lib/ensure-etcd.mjs uses it before anything is compiled.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the tests want of each: the oldest that is supported, the newest, and how to get it. */
const WANTED = {
  3.4: 'install one (Debian 12 or Ubuntu 24.04: apt-get install etcd-server)',
  3.7: 'install Go 1.26 or newer, with which npm test compiles it',
};

/** The version that `go.mod` names. */
export const BUILT_VERSION = '3.7.3';

/** Where the compiled etcd is kept: in the user's cache folder, so that it is compiled once. */
export const builtPath = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'flagz',
  `etcd-${BUILT_VERSION}`,
);

/**
 * Finds the etcd servers of this machine: what `FLAGZ_ETCD` names (one path, or several as in PATH), the system's, and the
 * compiled one.
 *
 * @returns {import('./binaries.mjs').EtcdBinary[]} oldest first, each version once
 * @throws {Error} when `FLAGZ_ETCD` names something that is no etcd
 */
export function findEtcds() {
  const named = (process.env.FLAGZ_ETCD ?? '').split(delimiter).filter((path) => path !== '');
  const found = new Map();
  for (const path of [...named, ...systemPaths(), builtPath]) {
    const version = versionOf(path);
    if (version !== undefined) found.set(version, found.get(version) ?? { path, version });
    else if (named.includes(path)) throw new Error(`FLAGZ_ETCD names ${path}, which is no etcd server`);
  }
  return [...found.values()].sort((left, right) => left.version.localeCompare(right.version, 'en', { numeric: true }));
}

/** Lists the versions that the tests want and this machine lacks, with the reasons. */
export function missingEtcds(found = findEtcds()) {
  return Object.entries(WANTED)
    .filter(([version]) => !found.some((etcd) => etcd.version.startsWith(`${version}.`)))
    .map(([version, hint]) => ({
      version,
      reason: `etcd ${version} is not there: ${hint}, or name one in FLAGZ_ETCD`,
    }));
}

/** As `findEtcds`, but having none is an error: tests against etcd are never skipped silently. */
export function etcdBinaries() {
  const found = findEtcds();
  if (found.length > 0) return found;
  throw new Error(
    'no etcd server found: install one (Debian: apt-get install etcd-server), or name one in FLAGZ_ETCD, or run npm test, which gets it',
  );
}

function systemPaths() {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'etcd'));
}

function versionOf(path) {
  if (!existsSync(path)) return undefined;
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined;
}
