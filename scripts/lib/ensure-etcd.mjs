import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILT_VERSION, builtPath, findEtcds, missingEtcds } from '../../tools/testbed-etcd/src/binaries.mjs';
import { ensureTool } from './ensure-tool.mjs';
import { root } from './workspace.mjs';

/**
 * Sees to it that the tests find real etcd servers: the oldest supported version, from the system's packages, and the
 * newest, which Go compiles. What `FLAGZ_ETCD` names counts as well.
 *
 * Where one of them is missing, its tests are counted as skipped, with the reason; in CI that is a failure.
 *
 * @throws {Error} when there is none at all, when one is missing in CI, or when there is no etcdctl
 */
export async function ensureEtcd() {
  if (isMissing('3.4')) installServer();
  if (isMissing('3.7')) compile();
  // The walk of examples/etcd uses it.
  ensureTool(['etcdctl'], 'etcd-client');
  const found = findEtcds();
  const reasons = missingEtcds(found).map(({ reason }) => reason);
  if (reasons.length > 0 && (process.env.CI || found.length === 0)) throw new Error(reasons.join('\n'));
  for (const reason of reasons) process.stderr.write(`${reason}\n`);
  // Hashed by turbo: what was skipped without a version has to run when it is there.
  process.env.FLAGZ_ETCDS = found.map(({ version }) => version).join(' ');
}

function isMissing(wanted) {
  return missingEtcds().some(({ version }) => version === wanted);
}

function installServer() {
  // A system whose package is another version has been asked already.
  if (spawnSync('etcd', ['--version']).status === 0) return;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
  process.stderr.write('Installing etcd-server …\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  if (spawnSync('apt-get', ['update', '-qq'], quiet).status !== 0) return;
  if (spawnSync('apt-get', ['install', '-y', '-qq', 'etcd-server'], quiet).status !== 0) return;
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
