// `npm test`: installs, builds, runs every package's tests, and ends with the sum of them.
import { main } from './lib/main.mjs';
import { prepareTests, runTests } from './lib/run-tests.mjs';
import { packages } from './lib/workspace.mjs';

await main(async () => {
  await prepareTests();
  const tested = packages().filter(({ manifest }) => manifest.scripts?.test !== undefined);
  if (!(await runTests(tested, ['build', 'test']))) process.exitCode = 1;
});
