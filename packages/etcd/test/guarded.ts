import { FlagSet, int } from '@flagz/core';
import { type EtcdAuth, type EtcdSourceOptions, etcdSource } from '@flagz/etcd';
import { EtcdServer, TcpProxy, type EtcdBinary } from '@flagz/testbed-etcd';
import { Etcd3 } from 'etcd3';

export const PREFIX = '/app/flags/';

export const writer = { username: 'writer', password: 'writer' };
export const reader = { username: 'reader', password: 'reader' };

/** Is a server that asks for passwords, with a user that may write the flags and one that may read them. */
export interface Guarded {
  readonly server: EtcdServer;
  readonly proxy: TcpProxy;
  readonly root: Etcd3;
  readonly source: (auth: EtcdAuth, options?: Partial<EtcdSourceOptions>) => ReturnType<typeof etcdSource>;
}

/**
 * Runs a test on such a server of its own, whose tokens expire after 3 s.
 *
 * @param options.open whether it lets everybody in until the test switches authentication on. @default false
 */
export function onGuarded(binary: EtcdBinary, test: (guarded: Guarded) => Promise<void>, { open = false } = {}) {
  return async (): Promise<void> => {
    const server = await EtcdServer.start(binary, { args: ['--auth-token-ttl', '3'] });
    try {
      await guarded(server, test, open);
    } finally {
      await server.close();
    }
  };
}

async function guarded(server: EtcdServer, test: (guarded: Guarded) => Promise<void>, open: boolean): Promise<void> {
  const { client } = server;
  const range = { key: Buffer.from(PREFIX), range_end: Buffer.from('/app/flags0') };
  for (const name of ['root', 'writer', 'reader']) {
    await client.auth.userAdd({ name, password: name });
    await client.auth.roleAdd({ name });
    await client.auth.userGrantRole({ user: name, role: name });
  }
  await client.auth.roleGrantPermission({ name: 'writer', perm: { permType: 'Readwrite', ...range } });
  await client.auth.roleGrantPermission({ name: 'reader', perm: { permType: 'Read', ...range } });
  if (!open) await client.auth.authEnable();
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

export function setUp() {
  const flags = new FlagSet('s');
  const rate = flags.dynamic('rate', int, 10, '');
  const rollbacks: string[] = [];
  flags.subscribe((event) => event.kind === 'rollback' && rollbacks.push(event.outcome));
  return { flags, rate, rollbacks };
}
