// timeout: 200 s
import { setTimeout } from 'node:timers/promises';
import type { Source } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, rejects } from '@flagz/test-runner';
import { TcpProxy } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { type Stage, onEachEtcd, onStage } from './support.ts';

onEachEtcd('etcdSource() of a flag set that starts while another one follows the same prefix', (it, server) => {
  const on = (test: (stage: Stage) => Promise<void>) => (): Promise<void> =>
    onStage(server(), { values: { rate: '20' } }, test);

  it(
    'gives it what is there now, not what was there before a cut, however far that has come back; the other one goes on',
    on(async (stage) => {
      await stage.watch();
      stage.proxy.cut();
      await eventually(() => stage.state === 'stale');
      await stage.put('rate', '25');
      await stage.put('rate', '30');
      const newcomers = Array.from({ length: 10 }, () => stage.another());
      const starts: Promise<unknown>[] = [];
      const start = (newcomer: Stage): unknown => starts.push(newcomer.watch());
      start(newcomers[0] as Stage);
      stage.proxy.restore();
      // Each answer takes 200 ms.
      stage.proxy.delay(100);
      for (const newcomer of newcomers.slice(1)) {
        await setTimeout(150);
        start(newcomer);
      }
      await Promise.all(starts);
      await eventually(() => stage.state === 'live');
      for (const { told, flags, watcher } of newcomers) {
        assert.equal([told, flags.version], [['10>30'], 1]);
        await watcher?.stop();
      }
      // By what has changed: nobody has to load because of newcomers.
      assert.equal(stage.told, ['10>20', '20>25', '25>30']);
    }),
  );

  it(
    'gives it what is there now also by a source that was stopped after the cut',
    on(async (stage) => {
      const source = etcdSource({ hosts: stage.proxy.url, prefix: stage.prefix });
      const before = await stage.flags.watch(source);
      stage.proxy.cut();
      await eventually(() => before.state === 'stale');
      await before.stop();
      await stage.put('rate', '30');
      stage.proxy.restore();
      const { flags, told } = stage.another();
      const watcher = await flags.watch(source);
      assert.equal([told, flags.version], [['10>30'], 1]);
      await watcher.stop();
    }),
  );

  it(
    'starts it when all has arrived that was written before it came, be the link slow; the other one follows meanwhile',
    on(async (stage) => {
      await stage.watch();
      stage.proxy.cut();
      await eventually(() => stage.state === 'stale');
      for (let index = 0; index < 3; index++) await stage.put(`large${index}`, Buffer.alloc(1_000_000, 'x'));
      await stage.put('rate', '30');
      stage.proxy.restore();
      stage.proxy.limit(1_000_000);
      await eventually(() => stage.state === 'live', { everyMs: 1 });
      assert.is(stage.rate.get(), 20);
      const newcomer = stage.another();
      await newcomer.watch();
      assert.equal([newcomer.told, newcomer.flags.version], [['10>30'], 1]);
      await newcomer.watcher?.stop();
    }),
  );

  it(
    'starts it on the next endpoint where the one that they share has gone deaf, and takes the other one along',
    on(async (stage) => {
      const second = await TcpProxy.start(server().ports.client);
      const newcomer = stage.another();
      const source = (): Source => etcdSource({ hosts: [stage.proxy.url, second.url], prefix: stage.prefix });
      try {
        const watcher = await stage.flags.watch(source());
        const shared = second.connections > 0 ? second : stage.proxy;
        shared.blackHole();
        const coming = await newcomer.flags.watch(source());
        assert.equal([newcomer.rate.get(), coming.status.restarts], [20, 1]);
        await eventually(() => watcher.state === 'live' && shared.connections === 0);
        assert.is(watcher.status.restarts, 1);
        // Once a minute: a link may be slow, and whoever follows is not to be cut for each newcomer.
        await coming.stop();
        (shared === second ? stage.proxy : second).blackHole();
        await rejects(newcomer.flags.watch(source(), { startTimeoutMs: 4_500 }), /not loaded within 4500 ms/);
        assert.equal([watcher.status.restarts, watcher.state], [1, 'live']);
      } finally {
        for (const { flags } of [stage, newcomer]) await flags.watchers[0]?.stop();
        await second.close();
      }
    }),
  );

  it(
    'leaves the others alone where it is gone by the time that it gets no answer',
    on(async (stage) => {
      const watcher = await stage.watch();
      stage.proxy.blackHole();
      await rejects(stage.another().watch({ startTimeoutMs: 500 }), /not loaded within 500 ms/);
      // Its read has 3 s.
      await setTimeout(4_000);
      assert.equal([watcher.status.restarts, watcher.state], [0, 'live']);
    }),
  );

  it(
    'does not start it where nobody answers, and says so',
    on(async (stage) => {
      await stage.watch();
      stage.proxy.blackHole();
      const newcomer = stage.another();
      await rejects(
        newcomer.watch({ startTimeoutMs: 1_000 }),
        /not loaded within 1000 ms; last error: .*no answer to a read/,
      );
      assert.is(newcomer.rate.get(), 10);
      assert.is(stage.state, 'live');
    }),
  );
});
