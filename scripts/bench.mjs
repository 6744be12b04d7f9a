// `npm run bench [-- OPTIONS]`: builds, then runs the benchmarks.
import { ensureKubernetes } from './lib/ensure-kubernetes.mjs';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { pnpm, turbo } from './lib/pnpm.mjs';

await main(async () => {
  await install({ quiet: true });
  const subjects = process.argv.slice(2).filter((argument) => argument !== '--');
  if (subjects.length === 0 || subjects.includes('configmap-api')) await ensureKubernetes();
  process.stderr.write('Building …\n');
  if (!(await turbo(['build', '--filter=@flagz/bench...'], { quiet: true })))
    throw new Error('the build failed, see above');
  const ok = await pnpm(['--filter', '@flagz/bench', 'run', 'bench', ...process.argv.slice(2)]);
  if (!ok) throw new Error('the benchmarks failed, see above');
});
