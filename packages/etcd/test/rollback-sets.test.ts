import { FlagSet, type Source, type Watcher, inRange, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { type EtcdServer, TcpProxy } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { onEachEtcd } from './support.ts';

/** Makes a flag set, one of several that follow a prefix on one connection, whose rates have a largest one. */
function setUp({ url }: EtcdServer, prefix: string, largest: number, said: string[]) {
  const flags = new FlagSet(`up to ${largest}`);
  const rate = flags.dynamic('rate', int, 10, '').withValidator(inRange(1, largest));
  flags.subscribe((event) => {
    // A slow machine may need a second try.
    if (event.kind === 'rollback' && event.outcome !== 'failed') said.push(`${largest} ${event.outcome}`);
  });
  const source = etcdSource({ hosts: url, prefix, rollbackDelayMs: 50 });
  const watch = (): Promise<Watcher> => flags.watch(source, { required: false });
  return { flags, rate, watch };
}

onEachEtcd('etcdSource() rollback for several flag sets', (it, server) => {
  for (const order of ['few first', 'many first'])
    it(`puts back what one has accepted and the other never did, ${order}`, async () => {
      const prefix = `/${order.replace(' ', '-')}`;
      const key = `${prefix}/rate`;
      await server().put(key, '500');
      const said: string[] = [];
      const [few, many] = [setUp(server(), prefix, 100, said), setUp(server(), prefix, 1_000, said)];
      const watchers: Watcher[] = [];
      for (const set of order === 'few first' ? [few, many] : [many, few]) {
        const watcher = await set.watch();
        watchers.push(watcher);
        await eventually(() => watcher.state === 'live');
      }
      try {
        assert.equal([few.rate.get(), many.rate.get()], [10, 500]);
        assert.equal(said, []);
        for (const bad of ['rubbish', 'more rubbish']) {
          said.length = 0;
          await server().put(key, bad);
          // Of the refused value one word each; and the one that never accepted 500 refuses it once more.
          await eventually(() => said.length === 3);
          assert.equal(said.sort(), ['100 lost-race', '100 lost-race', '1000 reverted']);
          assert.is(await server().get(key), '500');
        }
        assert.equal([few.rate.get(), many.rate.get()], [10, 500]);
      } finally {
        for (const watcher of watchers) await watcher.stop();
      }
    });

  for (const [title, isStarted] of [
    ['the others stop', false],
    ['others stop and start', true],
  ] as const)
    it(`leaves alone what the first load refused, where ${title} while it is between two attempts`, async () => {
      const prefix = `/away-${isStarted}`;
      await server().put(`${prefix}/rate`, 'rubbish');
      const proxy = await TcpProxy.start(server().ports.client);
      const said: string[] = [];
      let comeBack = (): void => {};
      let away = Promise.resolve();
      const follow = async (largest: number, before: () => Promise<void> = () => Promise.resolve()) => {
        const { flags, rate } = setUp(server(), prefix, largest, said);
        const source = etcdSource({ hosts: proxy.url, prefix, rollbackDelayMs: 0 });
        const watch: Source['watch'] = (...attempt) => before().then(() => source.watch(...attempt));
        const watcher = await flags.watch({ ...source, watch }, { required: false });
        await eventually(() => watcher.state === 'live');
        return { rate, watcher };
      };
      const first = await follow(1_000, () => away);
      const other = await follow(1_000);
      away = new Promise((resolve) => (comeBack = resolve));
      const { restarts } = other.watcher.status;
      proxy.drop();
      await eventually(() => other.watcher.status.restarts > restarts && other.watcher.state === 'live');
      assert.is(first.watcher.state, 'stale');
      await other.watcher.stop();
      const third = isStarted ? await follow(1_000) : undefined;
      comeBack();
      await eventually(() => first.watcher.state === 'live');
      // An answer after all that it may have asked for.
      await server().put(`${prefix}/rate2`, 'x');
      await eventually(() => first.watcher.status.unknown.includes('rate2'));
      assert.is(await server().get(`${prefix}/rate`), 'rubbish');
      assert.equal(said, []);
      await Promise.all([first.watcher.stop(), third?.watcher.stop()]);
      await proxy.close();
    });
});
