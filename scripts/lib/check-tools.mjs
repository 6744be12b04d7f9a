import { spawnSync } from 'node:child_process';

/** The programs that the tests run, each under any of its names, and Debian's packages that have them. */
const TOOLS = [
  { programs: ['etcd'], debian: 'etcd-server' },
  { programs: ['etcdctl'], debian: 'etcd-client' },
  { programs: ['prometheus'], debian: 'prometheus' },
  { programs: ['promtool'], debian: 'prometheus' },
  { programs: ['chromium', 'chromium-browser', 'google-chrome'], debian: 'chromium' },
];

/**
 * Looks for all programs that the tests run, so that a user who may not install them hears of all at once.
 *
 * As root on Debian nothing is asked for: each is installed when its turn comes. An etcd counts as there when
 * `FLAGZ_ETCD` names one, or when Go can compile one. `kubectl` is named only where something else is missing.
 *
 * @throws {Error} that names what is missing, and the command that installs it
 */
export function checkTools() {
  if (process.getuid?.() === 0 && has(['apt-get'])) return;
  const missing = TOOLS.filter(({ programs }) => !has(programs) && !(programs[0] === 'etcd' && process.env.FLAGZ_ETCD));
  if (missing.every(({ programs }) => programs[0] === 'etcd' && has(['go', '/usr/local/go/bin/go']))) return;
  const names = missing.map(({ programs }) => programs[0]).join(', ');
  const packages = [...new Set(missing.map(({ debian }) => debian))].join(' ');
  // Debian 12 has one that is too old, so that no command of Debian's helps.
  const useful = has(['kubectl']) ? '' : '\nUseful besides: kubectl 1.21 or newer, without which one test is skipped';
  throw new Error(`the tests run programs that were not found: ${names}
On Debian this installs them:
  sudo apt-get update && sudo apt-get install --yes ${packages}${useful}`);
}

function has(programs) {
  return programs.some(
    (program) => spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0,
  );
}
