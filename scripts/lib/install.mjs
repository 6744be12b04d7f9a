import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm } from './pnpm.mjs';
import { packages, root } from './workspace.mjs';

const MINIMUM = [20, 19];

/**
 * Installs what the lockfile says, unless nothing has changed since the last time.
 *
 * @throws {Error} when Node is too old or the installation fails.
 */
export async function install({ quiet = false } = {}) {
  checkNode();
  const stampFile = join(root, 'node_modules', '.flagz-install');
  const stamp = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

  process.stderr.write('Installing the dependencies …\n');
  if (!(await pnpm(['install', '--frozen-lockfile'], { quiet }))) throw new Error('the installation failed, see above');
  writeFileSync(stampFile, stamp);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  throw new Error(`Node ${MINIMUM.join('.')} or newer is needed, this is ${process.versions.node}`);
}

/** Changes whenever an installation could give something else, also on another platform that shares the folder. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  const manifests = packages().map(({ folder }) => `${folder}/package.json`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}
