import { FlagSet, string } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { TcpProxy } from '@flagz/testbed-etcd';
import { onEachEtcd } from './support.ts';

const VALUE = 'x'.repeat(5_000);

onEachEtcd('etcdSource() over a slow link, with large values', (it, server) => {
  it('loads with its second attempt, in smaller pages than the one that was late', async () => {
    for (let first = 0; first < 300; first += 100) {
      const names = Array.from({ length: 100 }, (_, index) => `/slow/flag${first + index}`);
      await server().write(Object.fromEntries(names.map((name) => [name, VALUE])));
    }
    const proxy = await TcpProxy.start(server().ports.client);
    proxy.limit(100_000);
    const flags = new FlagSet('slow');
    const last = flags.dynamic('flag99', string, '', '');
    const watcher = await flags.watch(etcdSource({ hosts: proxy.url, prefix: '/slow' }), { startTimeoutMs: 80_000 });
    assert.equal([last.get(), watcher.status.restarts], [VALUE, 1]);
    await watcher.stop();
    await proxy.close();
  });
});
