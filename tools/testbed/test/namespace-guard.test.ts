// timeout: 300 s
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { assert, describe } from '@flagz/test-runner';
import { type ApiObject, Cluster, whyNoCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';

const missing = whyNoCluster({ own: true });
const FLAGZ_TEST = fileURLToPath(new URL('../bin/flagz-test.mjs', import.meta.resolve('@flagz/test-runner')));
const FIXTURE = fileURLToPath(new URL('./namespace.fixture.ts', import.meta.url));

describe(
  "flagz-test in the user's cluster",
  (it) => {
    let cluster: Cluster;
    it.before(async () => {
      cluster = await Cluster.start();
    });
    it.after(() => cluster.close());

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
      it(`leaves no namespace behind when its group gets ${signal}, and ends by it`, async () => {
        const env = { ...process.env, FLAGZ_TEST_KUBECONFIG: cluster.adminKubeconfig() };
        const options = { cwd: cluster.folder, env, stdio: 'ignore', detached: true } as const;
        const child = spawn(process.execPath, [FLAGZ_TEST, FIXTURE], options);
        const exited = once(child, 'exit');
        try {
          await eventually(async () => (await active(cluster)).length === 1, { withinMs: 20_000 });
        } finally {
          process.kill(-(child.pid as number), signal);
        }
        assert.equal(await exited, [null, signal]);
        await eventually(async () => (await active(cluster)).length === 0, { withinMs: 20_000 });
      });
    }
  },
  { missing },
);

/** Names the namespaces of tests that nobody has removed. */
async function active({ api }: Cluster): Promise<readonly string[]> {
  const { items } = await api.send<{ items: readonly ApiObject[] }>('GET', '/api/v1/namespaces');
  return items.flatMap(({ metadata: { name, deletionTimestamp } }) =>
    name.startsWith('flagz-') && deletionTimestamp === undefined ? [name] : [],
  );
}
