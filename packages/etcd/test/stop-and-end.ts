// Run by network.test.ts: reaches a state, stops, and must end by itself.
import { FlagSet, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { TcpProxy } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { Etcd3 } from 'etcd3';

const [state, url = ''] = process.argv.slice(2);
const proxy = await TcpProxy.start(Number(new URL(url).port));
const flags = new FlagSet('s');
flags.dynamic('rate', int, 10, '');
const prefix = `/end/${process.pid}/`;
if (state === 'connecting') proxy.stall();
if (state === 'backing off') proxy.cut();
const watcher = await flags.watch(etcdSource({ hosts: proxy.url, prefix, rollbackDelayMs: 60_000 }), {
  required: false,
});
if (state === 'connecting') await eventually(() => proxy.connections > 0);
else if (state === 'backing off') await eventually(() => watcher.status.lastError !== undefined);
else await eventually(() => watcher.state === 'live');
if (state === 'rolling back') {
  const client = new Etcd3({ hosts: url });
  await client.put(`${prefix}rate`).value('rubbish');
  client.close();
  await eventually(() => watcher.status.rejected.length === 1);
}
await watcher.stop();
const stopped = Date.now();
process.on('exit', () => {
  if (Date.now() - stopped > 3_000) process.exitCode = 3;
});
// The proxy is the test's; a stalled connection of it would stay.
await proxy.close();
