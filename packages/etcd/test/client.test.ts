// timeout: 400 s
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { EtcdServer, TcpProxy, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { PREFIX, onGuarded, setUp, writer } from './guarded.ts';

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() with a client as people make it', (it) => {
    it(
      'is never deaf: cut again and again, for longer than a token lives',
      onGuarded(binary, async ({ proxy, root }) => {
        const { flags, rate, rollbacks } = setUp();
        const client = new Etcd3({ hosts: proxy.url, auth: writer });
        await root.put(`${PREFIX}rate`).value('20');
        const watcher = await flags.watch(etcdSource({ client, prefix: PREFIX, rollbackDelayMs: 20 }));
        for (const next of [30, 40, 50]) {
          proxy.cut();
          await eventually(() => watcher.state === 'stale');
          // The token is over, and a circuit breaker would be half-open.
          await sleep(6_000);
          proxy.restore();
          await root.put(`${PREFIX}rate`).value(String(next));
          await eventually(() => rate.get() === next && watcher.state === 'live');
          await root.put(`${PREFIX}rate`).value('rubbish');
          await eventually(() => rollbacks.length === (next - 20) / 10);
        }
        await watcher.stop();
        client.close();
      }),
    );

    it('uses its settings on one connection, which it closes; the client it leaves open', async () => {
      const server = await EtcdServer.start(binary);
      const proxy = await TcpProxy.start(server.ports.client);
      const called: string[] = [];
      const client = new Etcd3({
        hosts: proxy.url,
        grpcOptions: { 'grpc.max_receive_message_length': 1_000 },
        defaultCallOptions: ({ method, isStream }) => {
          called.push(method ?? '');
          // A limit for every call would end the watch.
          return isStream ? { deadline: Date.now() + 200 } : {};
        },
      });
      await server.put('/client/rate', '20');
      await server.put('/client/long', 'x'.repeat(10_000));
      const [one, two] = [setUp(), setUp()];
      const source = (): ReturnType<typeof etcdSource> => etcdSource({ client, prefix: '/client' });
      const watchers = [await one.flags.watch(source()), await two.flags.watch(source())];
      assert.is(proxy.accepted, 1);
      assert.ok(called.includes('range') && called.includes('watch'), called.join());
      await sleep(500);
      await server.put('/client/rate', '30');
      await eventually(() => one.rate.get() === 30 && two.rate.get() === 30);
      assert.is(watchers[0]?.status.restarts, 0);
      for (const watcher of watchers) await watcher.stop();
      await eventually(() => proxy.connections === 0);
      assert.is(await client.get('/client/rate').string(), '30');
      assert.is(proxy.connections, 1);
      client.close();
      // Not the client's affair any more.
      const watcher = await one.flags.watch(source());
      await server.put('/client/rate', '40');
      await eventually(() => one.rate.get() === 40);
      await watcher.stop();
      await proxy.close();
      await server.close();
    });

    it('goes where a client made without hosts goes', async () => {
      const { flags } = setUp();
      const client = new Etcd3();
      const watcher = await flags.watch(etcdSource({ client, prefix: '/nowhere' }), { required: false });
      // Nobody is there, or somebody's own etcd.
      await eventually(() => watcher.state === 'live' || watcher.status.lastError?.message.includes('127.0.0.1:2379'));
      await watcher.stop();
      client.close();
    });
  });
}
