// timeout: 300 s
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';
import { Cluster, Namespace, whyNoCluster } from '@flagz/testbed';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { stepsOf } from '../src/steps.ts';
import { walk } from '../src/walk.ts';

const guide = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8');
const OF_ETCD = ['etcd', 'Roll out', 'Emergency', '/debug/flagz'];
const OF_KUBERNETES = ['A ConfigMap, through the API'];

describe('docs/operating.md', (it) => {
  it('has no command that is not run here', () => {
    const all = [...guide.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    assert.equal(stepsOf(guide, all).length, stepsOf(guide, [...OF_ETCD, ...OF_KUBERNETES]).length);
  });

  // An option of the guide's commands, which kubectl has since 1.21.
  const kubectl = spawnSync('kubectl', ['get', '--show-managed-fields', '--help']);
  const missing = whyNoCluster() ?? (kubectl.status === 0 ? undefined : 'needs kubectl 1.21 or newer');
  const followsConfigMap = async (): Promise<void> => {
    const cluster = await Cluster.start();
    try {
      const namespace = await new Namespace(cluster.api).create();
      const steps = stepsOf(guide, OF_KUBERNETES);
      assert.ok(steps.length > 10);
      await walk(steps, {
        env: { KUBECONFIG: cluster.adminKubeconfig({ namespace: namespace.name }) },
        instead: { 'default/': `${namespace.name}/`, ':default:': `:${namespace.name}:` },
      });
      await namespace.remove();
    } finally {
      await cluster.close();
    }
  };
  const title = 'says what an API server and a service that follows a ConfigMap answer';
  if (missing) it.skip(title, missing, followsConfigMap);
  else it(title, followsConfigMap);
});

for (const etcd of eachEtcd()) {
  etcd.describe('docs/operating.md', (it) => {
    it('says what etcd and a service that follows it answer', async () => {
      const server = await EtcdServer.start(etcd.binary);
      try {
        const steps = stepsOf(guide, OF_ETCD);
        assert.ok(steps.length > 30);
        await walk(steps, {
          env: { ETCDCTL_ENDPOINTS: server.url, ETCDCTL_API: '3' },
          instead: { 'http://127.0.0.1:2379': server.url },
        });
      } finally {
        await server.close();
      }
    });
  });
}
