import { FlagSet, type Watcher, inRange, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import type { EtcdServer } from '@flagz/testbed-etcd';
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
});
