// timeout: 400 s
import { type Watcher } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, rejects } from '@flagz/test-runner';
import { eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Guarded, PREFIX, onGuarded, reader, setUp, writer } from './guarded.ts';

for (const { binary, describe } of eachEtcd()) {
  const on = (test: (guarded: Guarded) => Promise<void>): (() => Promise<void>) => onGuarded(binary, test);

  describe('etcdSource() with a password', (it) => {
    it(
      'lives on when its token expires: watch, rollback, and the next connection',
      on(async ({ source, root, proxy }) => {
        const { flags, rate, rollbacks } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        const watcher = await flags.watch(source(writer));
        for (const next of [30, 40]) {
          await sleep(4_000);
          await root.put(`${PREFIX}rate`).value(String(next));
          await eventually(() => rate.get() === next);
          await root.put(`${PREFIX}rate`).value('rubbish');
          await eventually(() => rollbacks.length === next / 10 - 2);
          proxy.drop();
          await eventually(() => watcher.status.restarts >= next / 10 - 2 && watcher.state === 'live');
        }
        assert.equal(rollbacks, ['reverted', 'reverted']);
        await watcher.stop();
      }),
    );

    it(
      'says at once that the password, or any, is missing or wrong',
      on(async ({ source, proxy }) => {
        const { flags } = setUp();
        const wrong = flags.watch(source({ ...writer, password: 'x' }));
        const url = `http://127\\.0\\.0\\.1:${proxy.port}`;
        assert.match(
          (await rejects(wrong, Error)).message,
          new RegExp(`^source "etcd": etcd at ${url} refuses user "writer": wrong user name or password$`),
        );
        const none = flags.watch(etcdSource({ hosts: proxy.url, prefix: PREFIX }));
        assert.match((await rejects(none, Error)).message, /asks for a user and a password: set auth/);
        const nowhere = flags.watch(source(writer, { prefix: '/other' }));
        assert.match(
          (await rejects(nowhere, Error)).message,
          /user "writer" may not read "\/other\/"; grant it: etcdctl role grant-permission ROLE read --prefix=true \/other\/$/,
        );
        await eventually(() => proxy.connections === 0);
      }),
    );

    it(
      'goes stale when the password is changed, and recovers with the new one',
      on(async ({ source, root, proxy }) => {
        const { flags, rate } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        let password = 'writer';
        const watcher = await flags.watch(source({ username: 'writer', password: () => password }));
        await root.auth.userChangePassword({ name: 'writer', password: 'changed' });
        proxy.drop();
        await eventually(() => watcher.status.lastError?.message.includes('wrong user name or password') ?? false);
        assert.is(rate.get(), 20);
        password = 'changed';
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => rate.get() === 30 && watcher.state === 'live', { withinMs: 5_000 });
        await watcher.stop();
      }),
    );

    it(
      'refuses values in memory where it may only read, says so once for each, and goes on',
      on(async ({ source, root }) => {
        const { flags, rate, rollbacks } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        const watcher = await flags.watch(source(reader));
        const forbidden: string[] = [];
        for (const bad of ['bad1', 'bad2', 'bad3']) {
          await root.put(`${PREFIX}rate`).value(bad);
          await eventually(() => watcher.status.rejected[0]?.text === `"${bad}"`);
          forbidden.push('forbidden');
          await eventually(() => rollbacks.length === forbidden.length);
        }
        assert.is(rate.get(), 20);
        assert.is(await root.get(`${PREFIX}rate`).string(), 'bad3');
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => rate.get() === 30);
        assert.equal(rollbacks, forbidden);
        assert.is(watcher.status.restarts, 0);
        await watcher.stop();
      }),
    );

    it(
      'recovers when the permission is taken away and given back',
      on(async ({ source, root, proxy }) => {
        const { flags, rate } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        const watcher: Watcher = await flags.watch(source(writer));
        await root.auth.userRevokeRole({ name: 'writer', role: 'writer' });
        proxy.drop();
        await eventually(() => watcher.status.lastError?.message.includes('may not read "/app/flags/"') ?? false);
        assert.is(watcher.state, 'stale');
        assert.is(rate.get(), 20);
        await root.put(`${PREFIX}rate`).value('30');
        await root.auth.userGrantRole({ user: 'writer', role: 'writer' });
        await eventually(() => rate.get() === 30 && watcher.state === 'live', { withinMs: 5_000 });
        await watcher.stop();
      }),
    );

    it(
      'recovers from a changed password, and from a permission taken away, when the server is the one that says so',
      on(async ({ source, root, proxy }) => {
        const { flags, rate, rollbacks } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        let password = 'writer';
        // Nothing is cut: the reload is refused, and so is the watch after it.
        const auth = { username: 'writer', password: () => password };
        const watcher = await flags.watch(source(auth, { reloadEveryMs: 300 }));
        const says = (text: string): Promise<unknown> =>
          eventually(() => watcher.state === 'stale' && watcher.status.lastError?.message.includes(text));
        const follows = async (next: number): Promise<void> => {
          await root.put(`${PREFIX}rate`).value(String(next));
          await eventually(() => rate.get() === next && watcher.state === 'live');
          await root.put(`${PREFIX}rate`).value('rubbish');
          await eventually(() => rollbacks.at(-1) === 'reverted');
          rollbacks.length = 0;
        };
        await root.auth.userChangePassword({ name: 'writer', password: 'changed' });
        await says('wrong user name or password');
        password = 'changed';
        await follows(30);
        await root.auth.userRevokeRole({ name: 'writer', role: 'writer' });
        await says('may not read "/app/flags/"');
        assert.is(rate.get(), 30);
        await root.auth.userGrantRole({ user: 'writer', role: 'writer' });
        await follows(40);
        await watcher.stop();
        await eventually(() => proxy.connections === 0);
      }),
    );

    it(
      'takes a changed password over without a failure, where it is told before it is asked for again',
      on(async ({ source, root }) => {
        const { flags, rate } = setUp();
        let password = 'writer';
        const auth = { username: 'writer', password: () => password };
        const watcher = await flags.watch(source(auth, { reloadEveryMs: 300 }));
        password = 'changed';
        await root.auth.userChangePassword({ name: 'writer', password });
        const since = watcher.status.lastSuccess ?? 0;
        await eventually(() => (watcher.status.lastSuccess ?? 0) > since + 500);
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => rate.get() === 30);
        assert.is(watcher.status.restarts, 0);
        await watcher.stop();
      }),
    );

    it(
      'logs in when authentication is switched on while it runs',
      onGuarded(
        binary,
        async ({ source, server, root, proxy }) => {
          const { flags, rate, rollbacks } = setUp();
          await server.put(`${PREFIX}rate`, '20');
          const watcher = await flags.watch(source(writer));
          await server.client.auth.authEnable();
          for (const next of [30, 40]) {
            await root.put(`${PREFIX}rate`).value('rubbish');
            await eventually(() => rollbacks.length === next / 10 - 2);
            await root.put(`${PREFIX}rate`).value(String(next));
            await eventually(() => rate.get() === next);
          }
          assert.equal(rollbacks, ['reverted', 'reverted']);
          assert.is(watcher.status.restarts, 0);
          assert.is(proxy.accepted, 1);
          await watcher.stop();
        },
        { open: true },
      ),
    );

    it(
      'says that a user is asked for since, where it has none: once for each refused value, and when it reads again',
      onGuarded(
        binary,
        async ({ server, root, proxy }) => {
          const { flags, rate } = setUp();
          const errors: string[] = [];
          flags.subscribe(
            (event) => event.kind === 'rollback' && errors.push(`${event.outcome}: ${event.error?.message}`),
          );
          await server.put(`${PREFIX}rate`, '20');
          const source = etcdSource({ hosts: proxy.url, prefix: PREFIX, rollbackDelayMs: 20 });
          const watcher = await flags.watch(source);
          await server.client.auth.authEnable();
          const missing = `etcd at ${proxy.url} asks for a user and a password: set auth`;
          const expected: string[] = [];
          for (const bad of ['bad1', 'bad2']) {
            await root.put(`${PREFIX}rate`).value(bad);
            await eventually(() => watcher.status.rejected[0]?.text === `"${bad}"`);
            expected.push(`forbidden: ${missing}`);
            await eventually(() => errors.length === expected.length);
          }
          proxy.drop();
          await eventually(
            () => watcher.state === 'stale' && watcher.status.lastError?.message.endsWith(missing) === true,
          );
          assert.is(rate.get(), 20);
          assert.equal(errors, expected);
          await root.auth.authDisable();
          await server.put(`${PREFIX}rate`, '30');
          await eventually(() => rate.get() === 30 && watcher.state === 'live');
          await watcher.stop();
        },
        { open: true },
      ),
    );
  });
}
