import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@flagz/testing';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Is one line that the service printed. */
export type Line = Readonly<Record<string, unknown>>;

/** Is the real service in a process of its own. */
export class Program {
  readonly process: ChildProcess;
  /** Gives the exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>;
  stdout = '';
  stderr = '';

  /** @param env is added to an environment without variables of the service. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('DEMO_'));
    this.process = spawn(process.execPath, ['--import', tsx, '-C', '@flagz/source', main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(others), ...env },
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.process, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Gives what it printed so far: every line is an object, or this throws. */
  get lines(): readonly Line[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  /** Gives the events of one kind, for one flag if it is named. */
  events(kind: string, flag?: string): readonly Line[] {
    return this.lines.filter((line) => line['event'] === kind && (flag === undefined || line['flag'] === flag));
  }

  /** Waits for the first event of a kind, for one flag if it is named. */
  async event(kind: string, flag?: string): Promise<Line> {
    await eventually(() => this.events(kind, flag).length > 0);
    return this.events(kind, flag)[0]!;
  }

  /** Waits until it listens. @throws {Error} with what it printed to stderr when it ends instead. */
  async listening(): Promise<string> {
    const ready = (): boolean => this.stdout.includes('\n') || this.process.exitCode !== null;
    await eventually(ready, { withinMs: 30_000 });
    if (this.lines.length === 0) throw new Error(`ended with ${this.process.exitCode}: ${this.stderr}`);
    return String(this.lines[0]?.['url']);
  }

  /** Asks the service; a path is enough. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { connection: 'close', ...(init.headers as Record<string, string> | undefined) };
    return fetch(`${await this.listening()}${path}`, { ...init, headers });
  }

  /** Gives what a path answers as JSON. */
  async json(path: string): Promise<unknown> {
    return (await this.fetch(path)).json();
  }

  /** Gives what `/values` shows. */
  async values(): Promise<Line> {
    return (await this.json('/values')) as Line;
  }

  /** Tells whether a user gets the fast or the plain index. */
  async indexOf(user: string): Promise<unknown> {
    return ((await this.json(`/search?user=${user}`)) as Line)['index'];
  }

  /** Ends it as an operator does, and waits. */
  stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | string> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** Runs the service for one test, and ends it whatever happens. */
export async function running(
  args: readonly string[],
  test: (program: Program) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const program = new Program(['--port', '0', ...args], env);
  try {
    await program.listening();
    await test(program);
  } finally {
    program.process.kill('SIGKILL');
    await program.ended;
  }
}

/** Makes a copy of `flagz.d`, as it is in git, that lives as long as the test. */
export async function withConfigDir(test: (dir: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'flagz-example-'));
  const dir = join(parent, 'flagz.d');
  try {
    cpSync(fileURLToPath(new URL('../flagz.d', import.meta.url)), dir, { recursive: true });
    // What the reader of the README may have left there.
    rmSync(join(dir, 'search_rollout_percent'), { force: true });
    await test(dir);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Writes a value in one step, so that no reader meets half of it. */
export function put(dir: string, flag: string, value: string | Uint8Array): void {
  const aside = mkdtempSync(join(dir, '..', 'aside-'));
  writeFileSync(join(aside, flag), value);
  renameSync(join(aside, flag), join(dir, flag));
  rmSync(aside, { recursive: true });
}
