import type { Skip, Totals } from './protocol.ts';
import type { FileRun } from './run-file.ts';

/** Holds the counts of one test file and the reasons why it failed, if it did. */
export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
  /** Of the passed ones, how many on what, where suites say what they run on. */
  readonly on: Readonly<Record<string, number>>;
  readonly reasons: readonly string[];
}

/** Judges a run: whatever uvu lets pass without having tested it is a failure. */
export function judge(run: FileRun): Verdict {
  const total = sum(run.totals, 'total');
  const passed = sum(run.totals, 'passed');
  const reasons = [...reasonsOfProcess(run), ...(run.totals ? reasonsOfTotals(run.totals) : [])];
  return {
    passed,
    failed: Math.max(total - passed, reasons.length > 0 ? 1 : 0),
    skips: run.totals?.skips ?? [],
    on: run.totals?.on ?? {},
    reasons,
  };
}

function reasonsOfProcess({ timedOutAfterMs, leak, orphan, exitCode, signal, totals, lastTest }: FileRun): string[] {
  const during = lastTest === undefined ? 'before its first test' : `in "${lastTest}"`;
  const reasons: string[] = [];
  if (timedOutAfterMs !== undefined) {
    reasons.push(`timed out after ${timedOutAfterMs / 1000} s, ${during}`);
  } else if (leak === 'blocked') {
    reasons.push('did not end within 5 s after its tests: its event loop is blocked');
  } else if (leak !== undefined) {
    reasons.push(
      `did not end within 5 s after its tests; still open: ${leak.join(', ') || 'nothing that Node can name'}`,
    );
  } else if (totals === undefined) {
    reasons.push(`ended with ${ending(exitCode, signal)} ${during}, without totals`);
  } else if (exitCode !== 0 && sum(totals, 'passed') === sum(totals, 'total')) {
    reasons.push(`all tests passed, but the process ended with ${ending(exitCode, signal)}`);
  }
  if (orphan) reasons.push('left a process behind that holds its output');
  return reasons;
}

function reasonsOfTotals(totals: Totals): string[] {
  const unexpected = sum(totals, 'skipped') - totals.skips.length;
  const empty = totals.suites.filter((suite) => suite.total + suite.skipped === 0).length;
  const reasons: string[] = [];
  if (totals.suites.length === 0) reasons.push('ran no suite: is .run() missing?');
  if (empty > 0) reasons.push(`${empty} ${empty === 1 ? 'suite has' : 'suites have'} no test`);
  for (const { passed, total } of totals.suites.filter((suite) => suite.swallowed)) {
    reasons.push(`a suite ended early after ${passed} of ${total}: a hook threw, or a test threw what is not an Error`);
  }
  if (totals.onlys.length > 0) reasons.push(`it.only was left in: ${totals.onlys.join('; ')}`);
  else if (unexpected > 0) reasons.push(`${unexpected} skipped without a reason: a leftover .only or .skip`);
  if (totals.lateSuites > 0) reasons.push(`suites declared while others ran: ${totals.lateSuites}`);
  return reasons;
}

function ending(exitCode: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function sum(totals: Totals | undefined, field: 'total' | 'passed' | 'skipped'): number {
  return (totals?.suites ?? []).reduce((count, suite) => count + suite[field], 0);
}
