import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, ParentMessage, Totals } from './protocol.ts';

/** What happened to the process of one test file. */
export interface FileRun {
  readonly file: string;
  readonly durationMs: number;
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Unset when the process ended, or was ended, before it had run its suites. */
  readonly totals: Totals | undefined;
  /** The time-out that ended the process, in milliseconds. */
  readonly timedOutAfterMs: number | undefined;
  /** The test that began last. */
  readonly lastTest: string | undefined;
  /** What kept the process alive after its totals; `'blocked'` when it did not answer. */
  readonly leak: readonly string[] | 'blocked' | undefined;
  /** True when a process that the tests started still held the output after they had ended. */
  readonly orphan: boolean;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const GRACE_MS = 5_000;
const ANSWER_MS = 2_000;
const CLOSE_MS = 1_000;

const tsx = import.meta.resolve('tsx');
const entry = fileURLToPath(import.meta.resolve('./child.ts'));
const running = new Set<ChildProcess>();

/**
 * Runs one test file in a process of its own and waits until that process has ended.
 *
 * ```text
 * spawn ──── tests ──── totals ─┬─ grace 5 s ── what is open? ─ 2 s ── kill   (a leak)
 *   └─ time-out ── kill         └─ exit ── output closed, or 1 s ── kill its group   (an orphan)
 * ```
 */
export async function runFile(file: string): Promise<FileRun> {
  const started = performance.now();
  const timeoutMs = timeoutOf(file);
  // A group of its own, so that what the tests started can be ended with them.
  const child = spawn(process.execPath, ['--import', tsx, '-C', '@flagz/source', entry, file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: { ...withoutColor(process.env), NO_COLOR: '1' },
  });
  running.add(child);

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }

  let totals: Totals | undefined;
  let lastTest: string | undefined;
  let leak: FileRun['leak'];
  let timedOutAfterMs: number | undefined;
  let timer = setTimeout(() => {
    timedOutAfterMs = timeoutMs;
    killGroup(child);
  }, timeoutMs);

  child.on('message', (message: ChildMessage) => {
    if (message.kind === 'test') lastTest = message.title;
    if (message.kind === 'totals') {
      totals = message.totals;
      clearTimeout(timer);
      timer = setTimeout(() => {
        leak = 'blocked';
        child.send({ kind: 'what-is-open' } satisfies ParentMessage, () => {});
        timer = setTimeout(() => killGroup(child), ANSWER_MS);
      }, GRACE_MS);
    }
    if (message.kind === 'open') {
      leak = message.resources;
      killGroup(child);
    }
  });

  const closed = once(child, 'close');
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const orphan = await isStillOpen(closed);
  if (orphan) {
    killGroup(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  running.delete(child);

  const durationMs = performance.now() - started;
  return { file, durationMs, output, exitCode, signal, totals, timedOutAfterMs, lastTest, leak, orphan };
}

/** Ends every process that `runFile` has started, with all that they have started. */
export function killRunning(): void {
  for (const child of running) killGroup(child);
}

async function isStillOpen(closed: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  // On a busy machine the timer may be called before what happened earlier has been read: one more turn of the loop.
  const late = delay(CLOSE_MS, undefined, { signal: waiting.signal }).then(
    () => nextTurn(),
    () => {},
  );
  const open = await Promise.race([closed.then(() => false), late.then(() => true)]);
  waiting.abort();
  return open;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}

/** Reads `// timeout: 300 s` from the first line of a test file. */
function timeoutOf(file: string): number {
  const [firstLine = ''] = readFileSync(file, 'utf8').split('\n', 1);
  const seconds = /^\/\/ timeout: (\d+) s$/.exec(firstLine.trim())?.[1];
  return seconds === undefined ? DEFAULT_TIMEOUT_MS : Number(seconds) * 1000;
}

/** Two settings at once make Node print a warning into every output. */
function withoutColor({ FORCE_COLOR: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}
