import { FlagSet, string } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { TcpProxy } from '@flagz/testbed-etcd';
import { onEachEtcd } from './support.ts';

const VALUE = 'x'.repeat(1_000);

onEachEtcd('etcdSource() over a slow link', (it, server) => {
  it('loads where a megabyte takes longer than an answer may', async () => {
    const names = Array.from({ length: 1_500 }, (_, index) => `/slow/flag${index}`);
    for (let first = 0; first < names.length; first += 100)
      await server().write(Object.fromEntries(names.slice(first, first + 100).map((name) => [name, VALUE])));
    const proxy = await TcpProxy.start(server().ports.client);
    proxy.limit(80_000);
    const flags = new FlagSet('slow');
    const last = flags.dynamic('flag999', string, '', '');
    const watcher = await flags.watch(etcdSource({ hosts: proxy.url, prefix: '/slow' }), { startTimeoutMs: 60_000 });
    assert.equal([last.get(), watcher.status.restarts], [VALUE, 0]);
    await watcher.stop();
    await proxy.close();
  });
});
