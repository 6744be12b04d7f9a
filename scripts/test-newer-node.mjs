// `npm run test:newer-node`: the tests of the published packages on Node 24, but for etcd's, and those of the examples in Kubernetes, with
// the newest client-node, which needs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { prepareTests, runTests } from './lib/run-tests.mjs';
import { packages, readManifest, root } from './lib/workspace.mjs';

const MAJOR = 24;

await main(async () => {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR) return test();
  await install();
  const { tsImport } = await import('tsx/esm/api');
  const { newerNode } = await tsImport('../tools/pack-check/src/newer-node.ts', import.meta.url);
  const node = await newerNode();
  // First in the PATH, it is what npx, pnpm, turbo and every test start.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const child = spawn(node, [fileURLToPath(import.meta.url)], { env, stdio: 'inherit' });
  const [exitCode] = await once(child, 'exit');
  process.exitCode = exitCode ?? 1;
});

async function test() {
  await prepareTests();
  const hook = pathToFileURL(join(root, 'packages/configmap/test/api/client-node-2.mjs'));
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim();
  process.env.FLAGZ_CLIENT_NODE = '2';
  const [, version] = /@([\d.]+)$/.exec(
    readManifest('packages/configmap').devDependencies['@kubernetes/client-node-2'],
  );
  // Those of etcd take as long as all others together, and use nothing that differs between versions of Node.
  const published = packages().filter(({ folder }) => folder.startsWith('packages/') && folder !== 'packages/etcd');
  const examples = packages().filter(({ folder }) => ['examples/kubernetes', 'examples/server'].includes(folder));
  // Of an example that has more tests, only those of Kubernetes.
  const tasks = [...published, ...examples].map(({ manifest: { name, scripts } }) =>
    scripts?.['test:kubernetes'] ? `${name}#test:kubernetes` : `${name}#test`,
  );
  const heading = `On Node ${process.versions.node}, with client-node ${version}:`;
  if (!(await runTests([...published, ...examples], tasks, heading))) process.exitCode = 1;
}
