// `npm test`: installs, builds, runs every package's tests, and ends with the sum of them.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkTools } from './lib/check-tools.mjs';
import { ensureEtcd } from './lib/ensure-etcd.mjs';
import { ensureChromium } from './lib/ensure-chromium.mjs';
import { ensurePrometheus } from './lib/ensure-prometheus.mjs';
import { ensureKubernetes } from './lib/ensure-kubernetes.mjs';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { turbo } from './lib/pnpm.mjs';
import { packages, root } from './lib/workspace.mjs';

await main(async () => {
  checkTools();
  await install();
  await ensureEtcd();
  await ensurePrometheus();
  await ensureChromium();
  await ensureKubernetes();
  const tested = packages().filter(({ manifest }) => manifest.scripts?.test !== undefined);
  // Turbo restores the results of cached runs. What it does not restore was not run, and must not be counted.
  for (const { folder } of tested) rmSync(join(root, folder, '.test-results'), { recursive: true, force: true });

  const ok = await turbo([
    'build',
    'test',
    '--continue=dependencies-successful',
    `--concurrency=${Math.max(2, availableParallelism())}`,
    '--output-logs=new-only',
  ]);
  report(tested, ok);
});

/** Prints a line per package, then the sum: one last line in the one form that tools look for. */
function report(tested, ok) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { folder, manifest } of tested) {
    const results = resultsOf(folder);
    for (const count of Object.keys(sum)) sum[count] += results[count];
    console.log(`${results.failed === 0 ? '✓' : '✗'} ${manifest.name}  ${results.problem ?? countLine(results)}`);
    for (const reason of results.skips) console.log(`    skipped: ${reason}`);
  }
  if (!ok && sum.failed === 0) {
    console.log('✗ a build or a test command failed, see above');
    sum.failed++;
  }
  if (sum.failed > 0) process.exitCode = 1;
  console.log(countLine(sum));
}

function resultsOf(folder) {
  const file = join(root, folder, '.test-results/results.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const problem = 'no results: its tests did not run to their end, or a build that they need failed';
  return { passed: 0, failed: 1, skipped: 0, skips: [], problem };
}

function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
