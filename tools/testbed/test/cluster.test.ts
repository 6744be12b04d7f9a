import { assert, describe } from '@flagz/test-runner';
import { Cluster, Namespace, whyNoCluster } from '@flagz/testbed';

const missing = whyNoCluster({ own: true });

describe('Cluster', (it) => {
  const title =
    'starts, keeps a ConfigMap, goes back to a snapshot, lends its parts only to who asks, and ends without leaving anything';
  const test = async (): Promise<void> => {
    const cluster = await Cluster.start();
    try {
      const namespace = await new Namespace(cluster.api).create();
      const first = await namespace.putConfigMap('flags', { data: { rate: '1' } });
      assert.is(first.metadata.name, 'flags');
      const snapshot = await cluster.etcd.snapshot();
      await cluster.server.ready();
      await namespace.putConfigMap('flags', { data: { rate: '2' } });
      await cluster.etcd.compact();
      await cluster.server.kill();
      await cluster.etcd.restore(snapshot);
      await cluster.server.start();
      assert.equal((await namespace.configMap('flags'))['data'], { rate: '1' });
      cluster.lendOwnParts({});
      assert.throws(() => cluster.etcd, /is not lent/);
      cluster.lendOwnParts({ own: true });
      assert.not.throws(() => cluster.etcd);
    } finally {
      await cluster.close();
    }
  };
  if (missing) it.skip(title, missing, test);
  else it(title, test);
});
