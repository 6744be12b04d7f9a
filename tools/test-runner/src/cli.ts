// `flagz-test [FILE...]`: runs the test files of the package in the current directory.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killRunning, runFile } from './run-file.ts';
import { judge } from './verdict.ts';
import type { Skip } from './protocol.ts';
import type { Verdict } from './verdict.ts';

const RESULTS = '.test-results';
const CONCURRENCY = 2;

const results = { passed: 0, failed: 0, skipped: 0, skips: [] as Skip[], on: {} as Record<string, number> };

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killRunning();
    process.kill(process.pid, signal);
  });
}

// A run that crashes must not leave the figures of the one before.
rmSync(RESULTS, { recursive: true, force: true });

const files = process.argv.length > 2 ? process.argv.slice(2) : testFiles();
if (files.length === 0) fail('test', ['no test file: expected test/**/*.test.ts']);
const queue = files.values();
await Promise.all(Array.from({ length: CONCURRENCY }, work));

mkdirSync(RESULTS, { recursive: true });
writeFileSync(join(RESULTS, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
const skipped = results.skipped > 0 ? `, ${results.skipped} skipped` : '';
console.log(`${results.passed} passed, ${results.failed} failed${skipped}`);
if (results.failed > 0) process.exitCode = 1;

function testFiles(): string[] {
  if (!existsSync('test')) return [];
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file))
    .toSorted();
}

/** Takes files from the shared queue until it is empty. */
async function work(): Promise<void> {
  for (const file of queue) {
    if (!existsSync(file)) {
      fail(file, ['no such file']);
      continue;
    }
    const run = await runFile(file);
    const verdict = judge(run);
    report(file, run.durationMs, run.output, verdict);
    results.passed += verdict.passed;
    results.failed += verdict.failed;
    for (const [what, count] of Object.entries(verdict.on)) results.on[what] = (results.on[what] ?? 0) + count;
    results.skipped += verdict.skips.length;
    results.skips.push(...verdict.skips);
  }
}

function report(
  file: string,
  durationMs: number,
  output: string,
  { passed, failed, skips, on, reasons }: Verdict,
): void {
  const ok = failed === 0;
  const where = Object.entries(on).map(([what, times]) => `${times} on ${what}`);
  const count = [`${passed} passed`, ...(ok ? [] : [`${failed} failed`]), ...where].join(', ');
  console.log(`${ok ? '✓' : '✗'} ${file}  ${count}  ${Math.round(durationMs)} ms`);
  for (const { title, reason } of skips) console.log(`    skipped: ${title} (${reason})`);
  for (const reason of reasons) console.log(`    ${reason}`);
  if (!ok) console.log(output.trimEnd().replaceAll(/^/gm, '    '));
}

function fail(file: string, reasons: string[]): void {
  results.failed++;
  report(file, 0, '', { passed: 0, failed: 1, skips: [], on: {}, reasons });
}
