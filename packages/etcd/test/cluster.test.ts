// timeout: 240 s
import { FlagSet, type Watcher, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { type EtcdServer, TcpProxy, eachEtcd, startCluster } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { Etcd3 } from 'etcd3';

/** Tells which member leads. */
async function leaderOf(members: readonly EtcdServer[]): Promise<number> {
  for (const [index, member] of members.entries()) {
    const status = await member.client.maintenance.status().catch(() => undefined);
    if (!status) continue;
    if (status.leader === status.header.member_id) return index;
  }
  throw new Error('no leader');
}

/** Leads a watcher to the member that leads, whichever it is, and leaves the others to it. */
async function connectToLeader(
  watcher: Watcher,
  members: readonly EtcdServer[],
  front: readonly TcpProxy[],
): Promise<number> {
  for (;;) {
    const leader = await eventually(() => leaderOf(members), { withinMs: 20_000 });
    for (const [index, proxy] of front.entries()) {
      if (index === leader) proxy.restore();
      else proxy.cut();
    }
    await eventually(() => front[leader]?.connections === 1 && watcher.state === 'live', { withinMs: 20_000 });
    // Meanwhile, another may have been elected: then once more.
    if ((await leaderOf(members).catch(() => -1)) !== leader) continue;
    for (const proxy of front) proxy.restore();
    return leader;
  }
}

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() on a cluster', (it) => {
    it('follows the majority when the leader, which it is connected to, is killed', async () => {
      const members = await startCluster(binary, 3);
      const flags = new FlagSet('cluster');
      const rate = flags.dynamic('rate', int, 10, '');
      await members[0]?.put('/app/rate', '20');
      const front = await Promise.all(members.map(({ ports }) => TcpProxy.start(ports.client)));
      const watcher = await flags.watch(etcdSource({ hosts: front.map(({ url }) => url), prefix: '/app' }));
      const leader = await connectToLeader(watcher, members, front);
      await members[leader]?.kill();
      const alive = members.find((_, index) => index !== leader) as EtcdServer;
      await eventually(() => alive.put('/app/rate', '30'), { withinMs: 20_000, everyMs: 100 });
      await eventually(() => rate.get() === 30 && watcher.state === 'live', { withinMs: 10_000 });
      assert.is(front[leader]?.connections, 0);
      await watcher.stop();
      for (const proxy of front) await proxy.close();
      for (const member of members) await member.close();
    });

    for (const by of ['hosts', 'client'] as const)
      it(`leaves a member that is cut off from the others, given ${by}`, async () => {
        const proxies: TcpProxy[] = [];
        const members = await startCluster(binary, 3, async (_, port) => {
          const proxy = await TcpProxy.start(port);
          proxies.push(proxy);
          return proxy.port;
        });
        await members[0]?.put('/app/rate', '20');
        const flags = new FlagSet('cluster');
        const rate = flags.dynamic('rate', int, 10, '');
        const front = await Promise.all(members.map(({ ports }) => TcpProxy.start(ports.client)));
        const hosts = front.map(({ url }) => url);
        const client = new Etcd3({ hosts });
        const watcher = await flags.watch(
          etcdSource({ prefix: '/app', ...(by === 'client' ? { client } : { hosts }) }),
        );
        const ours = front.findIndex(({ connections }) => connections > 0);
        const others = members.filter((_, index) => index !== ours);
        assert.is(others.length, 2);
        await isolate(ours, members, proxies);
        await eventually(() => others[0]?.put('/app/rate', '30'), { withinMs: 20_000, everyMs: 100 });
        await eventually(() => rate.get() === 30 && watcher.state === 'live', { withinMs: 30_000 });
        await watcher.stop();
        client.close();
        for (const proxy of [...front, ...proxies]) await proxy.close();
        for (const member of members) await member.close();
      });
  });
}

/** Cuts a member off: nobody reaches it, and it reaches nobody. */
async function isolate(alone: number, members: readonly EtcdServer[], proxies: readonly TcpProxy[]): Promise<void> {
  const status = await members[alone]?.client.maintenance.status();
  // What a member says to another begins with its own number.
  const from = `X-Server-From: ${BigInt(status?.header.member_id ?? 0).toString(16)}`;
  for (const [index, proxy] of proxies.entries()) {
    if (index === alone) proxy.cut();
    else proxy.refuse(from);
  }
}
