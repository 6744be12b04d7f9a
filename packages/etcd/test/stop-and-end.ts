// Run by network.test.ts: reaches a state, stops, and must end by itself.
import { setTimeout as sleep } from 'node:timers/promises';
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
const client = new Etcd3({ hosts: url });
if (state === 'loading') {
  // Of more than one page.
  const put = (index: number) => ({ request_put: { key: Buffer.from(`${prefix}${index}`), value: Buffer.from('x') } });
  for (let page = 0; page < 10; page++)
    await client.kv.txn({
      compare: [],
      success: Array.from({ length: 100 }, (_, at) => put(100 * page + at)),
      failure: [],
    });
  proxy.delay(300);
}
if (state === 'connecting') proxy.stall();
if (state === 'backing off') proxy.cut();
const watcher = await flags.watch(etcdSource({ hosts: proxy.url, prefix, rollbackDelayMs: 0 }), {
  required: false,
});
if (state === 'connecting') await eventually(() => proxy.connections > 0);
else if (state === 'backing off') await eventually(() => watcher.status.lastError !== undefined);
else if (state === 'loading') {
  await eventually(() => proxy.connections > 0);
  // A greeting and the first key: a page is on its way.
  await sleep(1_500);
  if (watcher.state !== 'starting') throw new Error(`is ${watcher.state} already`);
} else await eventually(() => watcher.state === 'live');
if (state === 'rolling back') {
  proxy.delay(1_500);
  await client.put(`${prefix}rate`).value('rubbish');
  // The transaction is done, and its answer is on its way.
  await eventually(async () => (await client.get(`${prefix}rate`)) === null);
}
client.close();
await watcher.stop();
const stopped = Date.now();
process.on('exit', () => {
  if (Date.now() - stopped > 3_000) process.exitCode = 3;
});
// The proxy is the test's; a stalled connection of it would stay.
await proxy.close();
