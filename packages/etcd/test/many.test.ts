import { FlagSet, type Watcher, inRange, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import { type EtcdServer, TcpProxy } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { handled, onEachEtcd } from './support.ts';

const SETS = 300;
const ROUNDS = 60;
const MOST_TRANSACTIONS = 10;

function median(numbers: readonly number[]): number {
  return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] as number;
}

/** Puts once; gives how long it takes until all have been told. */
async function timeToReachAll(server: EtcdServer, key: string, value: number, told: number[]): Promise<number> {
  told.length = 0;
  const start = performance.now();
  await server.put(key, String(value));
  await eventually(() => told.length === SETS, { everyMs: 1 });
  return (told.at(-1) as number) - start;
}

/** Opens one raw watch, and resolves when the server has accepted it. */
async function watchRaw({ client }: EtcdServer, told: number[]) {
  const stream = await client.watchClient.watch();
  let created = false;
  stream.on('error', () => {});
  stream.on('data', (response) => {
    created ||= response.created;
    if (response.events.length > 0) told.push(performance.now());
  });
  stream.write({ create_request: { key: Buffer.from('/raw/rate') } });
  await eventually(() => created);
  return stream;
}

onEachEtcd('etcdSource() with 300 flag sets', (it, server) => {
  const watchers: Watcher[] = [];
  let proxy: TcpProxy;

  it('shares one connection, rolls back once, and reaches all as fast as a raw watch', async () => {
    await server().put('/many/rate', '500');
    proxy = await TcpProxy.start(server().ports.client);
    const told: number[] = [];
    const outcomes: string[] = [];
    const sets = await Promise.all(
      Array.from({ length: SETS }, async (_, index) => {
        const flags = new FlagSet(`set${index}`);
        const rate = flags.dynamic('rate', int, 10, '').withValidator(inRange(1, 1_000));
        watchers.push(await flags.watch(etcdSource({ hosts: proxy.url, prefix: '/many' })));
        rate.withNotifier(() => void told.push(performance.now()));
        flags.subscribe((event) => event.kind === 'rollback' && outcomes.push(event.outcome));
        return rate;
      }),
    );
    assert.is(proxy.connections, 1);
    assert.is(proxy.accepted, 1);

    const raw: number[] = [];
    const streams = await Promise.all(Array.from({ length: SETS }, () => watchRaw(server(), raw)));
    const [ours, theirs]: [number[], number[]] = [[], []];
    // In turn, each while the others rest.
    for (let round = 1; round <= ROUNDS; round++) {
      ours.push(await timeToReachAll(server(), '/many/rate', round, told));
      theirs.push(await timeToReachAll(server(), '/raw/rate', round, raw));
    }
    for (const stream of streams) {
      stream.end();
      stream.cancel();
    }
    for (const rate of sets) assert.is(rate.get(), ROUNDS);
    assert.ok(median(ours) <= 1.2 * median(theirs), `${median(ours)} ms, raw ${median(theirs)} ms`);

    const before = await handled(server(), 'Txn');
    await server().put('/many/rate', 'rubbish');
    await eventually(() => outcomes.filter((outcome) => outcome !== 'failed').length === SETS);
    const sent = (await handled(server(), 'Txn')) - before;
    // One; more only where an answer came so late, on a slow machine, that it was sent again.
    assert.ok(sent === 1 || (outcomes.includes('failed') && sent <= MOST_TRANSACTIONS), `${sent} transactions`);
    assert.is(await server().get('/many/rate'), String(ROUNDS));
    assert.is(outcomes.filter((outcome) => outcome === 'reverted').length, 1);
    // Nobody has made a client of its own meanwhile: each has its own connection.
    assert.equal([proxy.connections, proxy.accepted], [1, 1]);

    await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
    await eventually(() => proxy.connections === 0);
  });

  it('takes in whoever comes at any moment while the last one leaves', async () => {
    await server().put('/comes/rate', '20');
    proxy = await TcpProxy.start(server().ports.client);
    const source = etcdSource({ hosts: proxy.url, prefix: '/comes' });
    for (let moments = 0; moments < 40; moments++) {
      const [leaving, coming] = [new FlagSet('leaving'), new FlagSet('coming')];
      const watcher = await leaving.watch(source);
      const stopped = watcher.stop();
      for (let moment = 0; moment < moments; moment++) await Promise.resolve();
      const rate = coming.dynamic('rate', int, 10, '');
      watchers.push(await coming.watch(source, { startTimeoutMs: 5_000 }));
      assert.is(rate.get(), 20);
      await stopped;
      await watchers.pop()?.stop();
    }
  });

  it.afterEach(async () => {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
    await proxy?.close();
  });
});
