import { spawnSync } from 'node:child_process';

/**
 * Finds a program, or installs its Debian package as root.
 *
 * @param {string[]} programs names that will do, the first that is found wins
 * @param {string} debian the package that has it
 * @returns {string} the program's name
 * @throws {Error} that says what to install
 */
export function ensureTool(programs, debian) {
  const found = find(programs);
  if (found) return found;
  const canInstall = process.getuid?.() === 0 && find(['apt-get']) !== undefined;
  if (canInstall) {
    process.stderr.write(`Installing ${debian} …\n`);
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', debian]);
    const installed = find(programs);
    if (installed) return installed;
  }
  throw new Error(
    `${programs[0]} is needed by the tests and was not found: install it (Debian: apt-get install ${debian})`,
  );
}

function find(programs) {
  return programs.find(
    (program) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0,
  );
}

function apt(args) {
  const { status, stderr } = spawnSync('apt-get', ['-q', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`);
}
