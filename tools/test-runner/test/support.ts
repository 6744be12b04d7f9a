import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a process printed and how it ended; `exitCode` is null when it had to be killed. */
export interface Ended {
  readonly output: string;
  readonly exitCode: number | null;
}

/** Gives the path of a file in `test/fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.fixture.ts`, import.meta.url));
}

/** Runs a fixture as plain uvu does; ends it after 3 s. */
export function plainUvu(name: string): Promise<Ended> {
  return run(['--import', import.meta.resolve('tsx'), fixture(name)], process.cwd(), 3_000);
}

/** Runs `flagz-test` with these arguments in this directory. */
export function flagzTest(args: readonly string[], directory: string): Promise<Ended> {
  return run([fileURLToPath(import.meta.resolve('../bin/flagz-test.mjs')), ...args], directory, 60_000);
}

/** Makes an empty directory that lives as long as `use` takes. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'flagz-test-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(args: readonly string[], directory: string, timeoutMs: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    // Not 'close': a fixture may leave a process behind that holds the output.
    child.on('exit', (exitCode) => {
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ output, exitCode });
    });
  });
}
