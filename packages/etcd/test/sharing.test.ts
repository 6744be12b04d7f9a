// timeout: 200 s
import { setTimeout } from 'node:timers/promises';
import { type Watcher } from '@flagz/core';
import { assert, rejects } from '@flagz/test-runner';
import { eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { PREFIX, onGuarded, setUp, writer } from './guarded.ts';

const SETS = 50;

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() shares a connection', (it) => {
    it(
      'between 50 flag sets that each give a function of their own for the password',
      onGuarded(binary, async ({ source, root, proxy }) => {
        await root.put(`${PREFIX}rate`).value('20');
        let password = 'writer';
        const sets = Array.from({ length: SETS }, setUp);
        const watchers = await Promise.all(
          sets.map(({ flags }) => flags.watch(source({ username: 'writer', password: () => password }))),
        );
        watchers.push(await addOne(source(writer)));
        assert.is(proxy.accepted, 1);
        // With another password, once it is changed, again one for all.
        await root.auth.userChangePassword({ name: 'writer', password: 'changed' });
        password = 'changed';
        proxy.drop();
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => sets.every(({ rate }) => rate.get() === 30), { withinMs: 10_000 });
        await Promise.all(watchers.slice(SETS).map((watcher) => watcher.stop()));
        await eventually(() => proxy.connections === 1);
        await Promise.all(watchers.map((watcher) => watcher.stop()));
        await eventually(() => proxy.connections === 0);
      }),
    );

    it(
      'never between two passwords, also where they were equal before',
      onGuarded(binary, async ({ source, root, proxy }) => {
        const [right, other] = [setUp(), setUp()];
        let second = 'writer';
        const first = await right.flags.watch(source(writer));
        await rejects(
          setUp().flags.watch(source({ username: 'writer', password: () => 'wrong' })),
          /refuses user "writer": wrong user name or password/,
        );
        const watcher = await other.flags.watch(source({ username: 'writer', password: () => second }));
        await eventually(() => proxy.connections === 1);
        second = 'wrong';
        proxy.drop();
        await eventually(() => /wrong user name or password/.test(watcher.status.lastError?.message ?? ''));
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => right.rate.get() === 30 && first.state === 'live');
        assert.is(other.rate.get(), 10);
        assert.is(watcher.state, 'stale');
        await Promise.all([first.stop(), watcher.stop()]);
      }),
    );

    it(
      'and attempts: 50 flag sets with a wrong password log in as often as one',
      onGuarded(binary, async ({ source, root, proxy }) => {
        const sets = Array.from({ length: SETS }, setUp);
        const watchers = await Promise.all(sets.map(({ flags }) => flags.watch(source(writer))));
        await root.auth.userChangePassword({ name: 'writer', password: 'changed' });
        const before = proxy.accepted;
        proxy.drop();
        await eventually(() => proxy.accepted > before);
        await setTimeout(3_000);
        // One waits 100 ms at most, then 200, 400, 800, 1,500, as a rule half of it.
        assert.ok(proxy.accepted - before <= 20, `${proxy.accepted - before} connections`);
        await root.auth.userChangePassword({ name: 'writer', password: 'writer' });
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => sets.every(({ rate }) => rate.get() === 30), { withinMs: 10_000 });
        await Promise.all(watchers.map((watcher) => watcher.stop()));
      }),
    );

    it(
      'and goes on where it was, not where another one was left that has its new password',
      onGuarded(binary, async ({ source, root, proxy }) => {
        const setPassword = (password: string) => root.auth.userChangePassword({ name: 'writer', password });
        const [first, second] = [setUp(), setUp()];
        const told: number[] = [];
        let password = 'writer';
        await root.put(`${PREFIX}rate`).value('1');
        const watcher = await first.flags.watch(source({ username: 'writer', password: () => password }));
        first.rate.withNotifier((next) => void told.push(next));
        await setPassword('new');
        // It will not come back from its first failure.
        const backoff = { minMs: 1e9, maxMs: 1e9 };
        const left = await second.flags.watch(source({ username: 'writer', password: 'new' }), { backoff });
        await setPassword('writer');
        proxy.drop();
        for (const value of [2, 3]) await root.put(`${PREFIX}rate`).value(String(value));
        await eventually(() => first.rate.get() === 3);
        assert.is(left.state, 'stale');
        await setPassword('new');
        password = 'new';
        proxy.drop();
        await eventually(() => watcher.state === 'stale');
        await root.put(`${PREFIX}rate`).value('4');
        await eventually(() => first.rate.get() === 4);
        assert.ok(
          told.every((value, at) => value > (told[at - 1] ?? 0)),
          told.join(' '),
        );
        await Promise.all([watcher.stop(), left.stop()]);
      }),
    );

    it(
      'and says what is wrong where a function for the password throws',
      onGuarded(binary, async ({ source }) => {
        const { flags } = setUp();
        const password = (): string => {
          throw new Error('no such file');
        };
        await rejects(
          flags.watch(source({ username: 'writer', password }), { startTimeoutMs: 300 }),
          /last error: source "etcd": auth\.password failed: no such file$/,
        );
      }),
    );
  });
}

async function addOne(source: Parameters<ReturnType<typeof setUp>['flags']['watch']>[0]): Promise<Watcher> {
  return await setUp().flags.watch(source);
}
