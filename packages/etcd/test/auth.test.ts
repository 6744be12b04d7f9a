// timeout: 200 s
import { FlagSet, type Watcher, int } from '@flagz/core';
import { type EtcdAuth, type EtcdSourceOptions, etcdSource } from '@flagz/etcd';
import { assert, rejects } from '@flagz/test-runner';
import { EtcdServer, TcpProxy, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';

const PREFIX = '/app/flags/';

/** Is a server that asks for passwords, with a user that may write the flags and one that may read them. */
interface Guarded {
  readonly server: EtcdServer;
  readonly proxy: TcpProxy;
  readonly root: Etcd3;
  readonly source: (auth: EtcdAuth, options?: Partial<EtcdSourceOptions>) => ReturnType<typeof etcdSource>;
}

async function guarded(server: EtcdServer, test: (guarded: Guarded) => Promise<void>): Promise<void> {
  const { client } = server;
  const range = { key: Buffer.from(PREFIX), range_end: Buffer.from('/app/flags0') };
  for (const name of ['root', 'writer', 'reader']) {
    await client.auth.userAdd({ name, password: name });
    await client.auth.roleAdd({ name });
    await client.auth.userGrantRole({ user: name, role: name });
  }
  await client.auth.roleGrantPermission({ name: 'writer', perm: { permType: 'Readwrite', ...range } });
  await client.auth.roleGrantPermission({ name: 'reader', perm: { permType: 'Read', ...range } });
  await client.auth.authEnable();
  const proxy = await TcpProxy.start(server.ports.client);
  const root = new Etcd3({ hosts: server.url, auth: { username: 'root', password: 'root' } });
  try {
    const source: Guarded['source'] = (auth, options) =>
      etcdSource({ hosts: proxy.url, prefix: PREFIX, auth, rollbackDelayMs: 20, ...options });
    await test({ server, proxy, root, source });
  } finally {
    root.close();
    await proxy.close();
  }
}

function setUp() {
  const flags = new FlagSet('s');
  const rate = flags.dynamic('rate', int, 10, '');
  const rollbacks: string[] = [];
  flags.subscribe((event) => event.kind === 'rollback' && rollbacks.push(event.outcome));
  return { flags, rate, rollbacks };
}

const writer = { username: 'writer', password: 'writer' };
const reader = { username: 'reader', password: 'reader' };

for (const { binary, describe } of eachEtcd()) {
  /** Runs a test on a server of its own whose tokens expire after 3 s. */
  const on = (test: (guarded: Guarded) => Promise<void>) => async (): Promise<void> => {
    const server = await EtcdServer.start(binary, { args: ['--auth-token-ttl', '3'] });
    try {
      await guarded(server, test);
    } finally {
      await server.close();
    }
  };

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
      'refuses values in memory where it may only read, says so once, and goes on',
      on(async ({ source, root }) => {
        const { flags, rate, rollbacks } = setUp();
        await root.put(`${PREFIX}rate`).value('20');
        const watcher = await flags.watch(source(reader));
        for (const bad of ['bad1', 'bad2', 'bad3']) {
          await root.put(`${PREFIX}rate`).value(bad);
          await eventually(() => watcher.status.rejected[0]?.text === `"${bad}"`);
          await eventually(() => rollbacks.includes('forbidden'));
        }
        assert.is(rate.get(), 20);
        assert.is(await root.get(`${PREFIX}rate`).string(), 'bad3');
        await root.put(`${PREFIX}rate`).value('30');
        await eventually(() => rate.get() === 30);
        assert.is(rollbacks.filter((outcome) => outcome === 'forbidden').length, 1);
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
  });
}
