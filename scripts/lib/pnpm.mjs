import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readManifest, root } from './workspace.mjs';

/**
 * Runs the pnpm that `packageManager` pins, without installing it: `npx` also puts it on the PATH, where turbo looks for it.
 *
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options] quiet keeps the output, and prints it to stderr only if the command fails
 * @returns {Promise<boolean>} whether it ended with exit code 0
 */
export async function pnpm(args, { quiet = false } = {}) {
  const child = spawn('npx', ['--yes', readManifest().packageManager, ...args], {
    cwd: root,
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    env: {
      ...process.env,
      npm_config_loglevel: 'error',
      npm_config_update_notifier: 'false',
      TURBO_TELEMETRY_DISABLED: '1',
      // Hashed by turbo: results of one version of Node say nothing about another.
      FLAGZ_NODE_VERSION: process.version,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) process.stderr.write(output);
  return exitCode === 0;
}

/** Runs turbo; as `pnpm()`. */
export function turbo(args, options) {
  return pnpm(['exec', 'turbo', 'run', ...args], options);
}
