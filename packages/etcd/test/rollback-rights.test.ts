// timeout: 200 s
import { FlagSet, int } from '@flagz/core';
import { assert } from '@flagz/test-runner';
import { eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { type Guarded, PREFIX, onGuarded, reader, setUp, writer } from './guarded.ts';
import { handled } from './support.ts';

const KEY = `${PREFIX}rate`;

for (const { binary, describe } of eachEtcd()) {
  const on = (test: (guarded: Guarded) => Promise<void>): (() => Promise<void>) => onGuarded(binary, test);

  describe('etcdSource() rollback while it may not write', (it) => {
    it(
      'is done at a later load, once the right to write is back',
      on(async ({ source, root }) => {
        const { flags, rollbacks } = setUp();
        await root.put(KEY).value('20');
        const watcher = await flags.watch(source(writer, { reloadEveryMs: 300 }));
        await root.auth.userGrantRole({ user: 'writer', role: 'reader' });
        await root.auth.userRevokeRole({ name: 'writer', role: 'writer' });
        await root.put(KEY).value('bad1');
        await eventually(() => rollbacks.join() === 'forbidden');
        await root.auth.userGrantRole({ user: 'writer', role: 'writer' });
        await eventually(async () => (await root.get(KEY).string()) === '20');
        await eventually(() => rollbacks.join() === 'forbidden,reverted');
        await watcher.stop();
      }),
    );

    it(
      'is done once all rights are back, of a value too that came while there were none',
      on(async ({ source, root }) => {
        const { flags, rollbacks } = setUp();
        await root.put(KEY).value('20');
        const watcher = await flags.watch(source(writer, { reloadEveryMs: 2_000 }));
        await root.auth.userRevokeRole({ name: 'writer', role: 'writer' });
        for (const bad of ['bad1', 'bad2']) {
          const before = rollbacks.length;
          await root.put(KEY).value(bad);
          // The watch goes on as long as it is open.
          await eventually(() => watcher.state === 'stale' || rollbacks.length > before);
        }
        assert.is(rollbacks[0], 'forbidden');
        await eventually(() => watcher.state === 'stale');
        await root.auth.userGrantRole({ user: 'writer', role: 'writer' });
        await eventually(async () => (await root.get(KEY).string()) === '20');
        await eventually(() => rollbacks.at(-1) === 'reverted');
        await watcher.stop();
      }),
    );

    it(
      'is tried once a load and no more, and told once to each flag set, whatever the reason reads',
      on(async ({ source, server, root }) => {
        const [one, two] = [setUp(), setUp()];
        let reasons = 0;
        one.rate.withValidator((next) => next !== 500 || `reason ${++reasons}`);
        two.rate.withValidator((next) => next !== 500 || 'no');
        await root.put(KEY).value('20');
        const own = source(reader, { reloadEveryMs: 200 });
        const watchers = [await one.flags.watch(own), await two.flags.watch(own)];
        await root.put(KEY).value('500');
        await eventually(() => one.rollbacks.length + two.rollbacks.length === 2);
        const [loads, tries] = [await handled(server, 'Range'), await handled(server, 'Txn')];
        const before = reasons;
        await eventually(() => reasons >= before + 10, { withinMs: 20_000 });
        const tried = (await handled(server, 'Txn')) - tries;
        const loaded = (await handled(server, 'Range')) - loads;
        // The one before the count began may be tried within it.
        assert.ok(tried > 1 && tried <= loaded + 1, `${tried} tries, ${loaded} loads`);
        assert.equal([one.rollbacks, two.rollbacks], [['forbidden'], ['forbidden']]);
        assert.is(await root.get(KEY).string(), '500');
        assert.equal(
          watchers.map(({ status: { state, restarts } }) => `${state} ${restarts}`),
          ['live 0', 'live 0'],
        );
        for (const watcher of watchers) await watcher.stop();
      }),
    );

    it(
      'does not touch what the first load refused, whatever the reason reads later',
      on(async ({ source, root }) => {
        const flags = new FlagSet('s');
        let reasons = 0;
        flags.dynamic('rate', int, 10, '').withValidator((next) => next < 100 || `reason ${++reasons}`);
        const rollbacks: string[] = [];
        flags.subscribe((event) => event.kind === 'rollback' && rollbacks.push(event.outcome));
        await root.put(KEY).value('500');
        const watcher = await flags.watch(source(writer, { reloadEveryMs: 100 }), { required: false });
        await eventually(() => reasons > 5, { withinMs: 20_000 });
        assert.is(await root.get(KEY).string(), '500');
        assert.equal(rollbacks, []);
        await watcher.stop();
      }),
    );
  });
}
