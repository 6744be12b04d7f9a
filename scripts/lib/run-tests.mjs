import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkTools } from './check-tools.mjs';
import { ensureChromium } from './ensure-chromium.mjs';
import { ensureEtcd } from './ensure-etcd.mjs';
import { ensureKubernetes } from './ensure-kubernetes.mjs';
import { ensurePrometheus } from './ensure-prometheus.mjs';
import { install } from './install.mjs';
import { turbo } from './pnpm.mjs';
import { root } from './workspace.mjs';

/** Installs, and gets the real parts that the tests run on. */
export async function prepareTests() {
  checkTools();
  await install();
  await ensureEtcd();
  await ensurePrometheus();
  await ensureChromium();
  await ensureKubernetes();
}

/**
 * Runs the tests of packages, and prints a line per package, then the sum: one last line in the one form that tools look
 * for.
 *
 * @param {{ folder: string, manifest: { name: string } }[]} tested
 * @param {string[]} args for turbo: tasks and filters
 * @param {string} [heading] what the figures are of
 * @returns {Promise<boolean>} whether all passed
 */
export async function runTests(tested, args, heading) {
  // Turbo restores the results of cached runs. What it does not restore was not run, and must not be counted.
  for (const { folder } of tested) rmSync(join(root, folder, '.test-results'), { recursive: true, force: true });
  const ok = await turbo([
    ...args,
    '--continue=dependencies-successful',
    `--concurrency=${Math.max(2, availableParallelism())}`,
    '--output-logs=new-only',
  ]);
  if (heading) console.log(heading);
  return report(tested, ok);
}

function report(tested, ok) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { folder, manifest } of tested) {
    const results = resultsOf(folder);
    for (const count of Object.keys(sum)) sum[count] += results[count];
    const where = Object.entries(results.on).map(([what, count]) => `, ${count} on ${what}`);
    const line = results.problem ?? countLine(results) + where.join('');
    console.log(`${results.failed === 0 ? '✓' : '✗'} ${manifest.name}  ${line}`);
    for (const [reason, titles] of byReason(results.skips)) {
      console.log(`    skipped: ${titles.length === 1 ? titles[0] : `${titles.length} tests`}: ${reason}`);
    }
  }
  if (!ok && sum.failed === 0) {
    console.log('✗ a build or a test command failed, see above');
    sum.failed++;
  }
  console.log(countLine(sum));
  return sum.failed === 0;
}

/** Many tests often lack the same thing: it is said once. */
function byReason(skips) {
  const reasons = new Map();
  for (const { title, reason } of skips) reasons.set(reason, [...(reasons.get(reason) ?? []), title]);
  return reasons;
}

function resultsOf(folder) {
  const file = join(root, folder, '.test-results/results.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const problem = 'no results: its tests did not run to their end, or a build that they need failed';
  return { passed: 0, failed: 1, skipped: 0, skips: [], on: {}, problem };
}

function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
