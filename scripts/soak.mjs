// `npm run soak -- --minutes N [--seed S] [--source etcd|configmap-api] [--etcd VERSION]`: runs a source among random faults.
import { ensureEtcd } from './lib/ensure-etcd.mjs';
import { ensureKubernetes } from './lib/ensure-kubernetes.mjs';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { pnpm } from './lib/pnpm.mjs';

await main(async () => {
  const options = process.argv.slice(2);
  await install({ quiet: true });
  // The soak itself reads the options: what it refuses costs a check of what is there, and no more.
  await (/(^| )--source[= ]configmap-api( |$)/.test(options.join(' ')) ? ensureKubernetes() : ensureEtcd());
  const ok = await pnpm(['--filter', '@flagz/soak', 'run', 'soak', ...options]);
  if (!ok) throw new Error('the soak failed, see above');
});
