import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs a program to its end.
 *
 * @returns what it printed to stdout.
 * @throws {Error} with all that it printed, when it fails.
 */
export async function run(program: string, args: readonly string[], directory = process.cwd()): Promise<string> {
  const env = { ...process.env, npm_config_loglevel: 'error', npm_config_update_notifier: 'false', NO_COLOR: '1' };
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: directory, env, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[program, ...args].join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
