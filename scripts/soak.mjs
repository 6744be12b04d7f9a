// `npm run soak -- --minutes N [--seed S] [--source etcd]`: runs a source among random faults.
import { ensureEtcd } from './lib/ensure-etcd.mjs';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { pnpm } from './lib/pnpm.mjs';

await main(async () => {
  await install({ quiet: true });
  await ensureEtcd();
  const ok = await pnpm(['--filter', '@flagz/soak', 'run', 'soak', ...process.argv.slice(2)]);
  if (!ok) throw new Error('the soak failed, see above');
});
