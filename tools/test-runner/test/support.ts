import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What flagz-test printed and how it ended; `exitCode` is null when a signal ended it. */
export interface Ended {
  readonly output: string;
  readonly exitCode: number | null;
}

/** Gives the path of a file in `test/fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.fixture.ts`, import.meta.url));
}

/** Runs a fixture as plain uvu does, until it ends. @returns its exit code */
export async function plainUvu(name: string): Promise<unknown> {
  const child = spawn(process.execPath, plainArguments(name), { stdio: 'ignore' });
  const [exitCode] = await once(child, 'exit');
  return exitCode;
}

/** Tells whether a fixture still runs as plain uvu does, two seconds after it has printed this; then ends it. */
export async function outlives(name: string, printed: string): Promise<boolean> {
  const child = spawn(process.execPath, plainArguments(name), { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const text of child.stdout) {
    output += text;
    if (output.includes(printed)) break;
  }
  await delay(2_000);
  const runs = child.exitCode === null && child.signalCode === null;
  child.kill('SIGKILL');
  return runs && output.includes(printed);
}

/** Runs `flagz-test` with these arguments in this directory. */
export async function flagzTest(args: readonly string[], directory: string): Promise<Ended> {
  const bin = fileURLToPath(import.meta.resolve('../bin/flagz-test.mjs'));
  const child = spawn(process.execPath, [bin, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { output, exitCode };
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

function plainArguments(name: string): readonly string[] {
  return ['--import', import.meta.resolve('tsx'), fixture(name)];
}
