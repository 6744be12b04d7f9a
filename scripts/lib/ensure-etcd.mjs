import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILT_VERSION, builtPath, findEtcds } from '../../tools/testbed-etcd/src/binaries.mjs';
import { root } from './workspace.mjs';

/**
 * Sees to it that the tests find real etcd servers: what `FLAGZ_ETCD` names, else the system's package and, where Go is
 * there to compile it, the newest one.
 *
 * @throws {Error} when there is none and none can be had: the tests are never skipped silently
 */
export async function ensureEtcd() {
  if (process.env.FLAGZ_ETCD) return void findEtcds();
  const missing = [
    ...(findEtcds().some(({ path }) => path !== builtPath) ? [] : ['etcd-server']),
    // The walk of examples/etcd uses etcdctl.
    ...(spawnSync('etcdctl', ['version']).error ? ['etcd-client'] : []),
  ];
  if (missing.length > 0) install(missing);
  if (!existsSync(builtPath)) compile();
  if (findEtcds().length > 0) return;
  throw new Error(
    "no etcd server found: run `apt-get install etcd-server` (or your system's equivalent), or install Go 1.26 or newer, or set FLAGZ_ETCD to the path of an etcd",
  );
}

function install(packages) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
  process.stderr.write(`Installing ${packages.join(' and ')} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  if (spawnSync('apt-get', ['update', '-qq'], quiet).status !== 0) return;
  if (spawnSync('apt-get', ['install', '-y', '-qq', ...packages], quiet).status !== 0) return;
  // The package starts a service of its own, which nobody asked for.
  spawnSync('systemctl', ['disable', '--now', 'etcd'], { stdio: 'ignore' });
}

function compile() {
  const go = ['go', '/usr/local/go/bin/go'].find((path) => spawnSync(path, ['version']).status === 0);
  if (go === undefined) return;
  process.stderr.write(`Compiling etcd ${BUILT_VERSION}, once …\n`);
  mkdirSync(dirname(builtPath), { recursive: true });
  // Renamed when it is whole: a build that is interrupted leaves nothing that looks like an etcd.
  const half = `${builtPath}.${process.pid}`;
  const build = spawnSync(go, ['build', '-trimpath', '-ldflags=-s -w', '-o', half, '.'], {
    cwd: join(root, 'tools/testbed-etcd'),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (build.status === 0) renameSync(half, builtPath);
}
