import type { RawValue } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { EtcdServer, TcpProxy, eachEtcd } from '@flagz/testbed-etcd';
import { sourceContract } from '@flagz/testing';

for (const { binary, describe } of eachEtcd()) {
  let server: EtcdServer;
  let count = 0;

  describe('the server of the contract', (it) => {
    it('starts', async () => {
      server = await EtcdServer.start(binary);
    });
  });

  sourceContract(
    describe,
    async (values) => {
      const prefix = `/contract/${count++}/`;
      const write = (changes: Readonly<Record<string, RawValue | undefined>>): Promise<void> =>
        server.write(Object.fromEntries(Object.entries(changes).map(([name, value]) => [`${prefix}${name}`, value])));
      await write(values);
      const proxy = await TcpProxy.start(server.ports.client);
      return {
        source: etcdSource({ hosts: proxy.url, prefix }),
        put: write,
        remove: (key) => write({ [key]: undefined }),
        interrupt: async () => proxy.cut(),
        restore: async () => proxy.restore(),
        stall: async () => proxy.stall(),
        resume: async () => proxy.restore(),
        close: () => proxy.close(),
      };
    },
    { stalls: true },
  );

  describe('the server of the contract, afterwards', (it) => {
    it('ends', () => server.close());
  });
}
