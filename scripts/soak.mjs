// `npm run soak -- --minutes N [--seed S] [--source etcd|configmap-api]`: runs a source among random faults.
import { ensureEtcd } from './lib/ensure-etcd.mjs';
import { ensureKubernetes } from './lib/ensure-kubernetes.mjs';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { pnpm } from './lib/pnpm.mjs';

/** What each source needs, and the package whose `soak` script runs it. */
const SOURCES = {
  etcd: { ensure: ensureEtcd, package: '@flagz/soak' },
  'configmap-api': { ensure: ensureKubernetes, package: '@flagz/configmap' },
};

await main(async () => {
  const { name, rest } = split(process.argv.slice(2));
  const source = SOURCES[name];
  if (!source) throw new Error(`no soak for the source "${name}"; there are: ${Object.keys(SOURCES).join(', ')}`);
  await install({ quiet: true });
  await source.ensure();
  const ok = await pnpm(['--filter', source.package, 'run', 'soak', ...rest]);
  if (!ok) throw new Error('the soak failed, see above');
});

/** Takes `--source NAME` out of the options; the rest is the soak's. */
function split(options) {
  const joined = options
    .join('\0')
    .replace(/(^|\0)--source\0/, '$1--source=')
    .split('\0');
  const chosen = joined.find((option) => option.startsWith('--source='));
  return {
    name: chosen?.slice('--source='.length) ?? 'etcd',
    rest: joined.filter((option) => option !== chosen && option !== ''),
  };
}
