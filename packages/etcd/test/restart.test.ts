// timeout: 300 s
import { assert } from '@flagz/test-runner';
import { type EtcdBinary, EtcdServer, eachEtcd, findEtcds } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StageOptions, type Stage, onStage } from './support.ts';

/** Counts what a server has sent to clients. */
async function sentBytes({ ports }: EtcdServer): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`, { headers: { connection: 'close' } });
  return Number(/^etcd_network_client_grpc_sent_bytes_total (\S+)$/m.exec(await response.text())?.[1]);
}

for (const { binary, describe } of eachEtcd()) {
  /** Runs a test on a server of its own. */
  const on =
    (options: StageOptions & { readonly later?: boolean }, test: (stage: Stage) => Promise<void>) =>
    async (): Promise<void> => {
      const server = await EtcdServer.prepare(binary);
      if (!options.later) await server.run();
      try {
        await onStage(server, options, test);
      } finally {
        await server.close();
      }
    };

  describe('etcdSource() over restarts', (it) => {
    it(
      'loads the difference after a compaction: changes, deletions, and a refused value that is rolled back',
      on({ values: { rate: '20', label: 'a', low: '2' } }, async (stage) => {
        await stage.watch();
        const { version } = stage.flags;
        stage.proxy.cut();
        await eventually(() => stage.state === 'stale');
        await stage.write({ label: undefined, low: '3', high: '9' });
        await stage.put('rate', 'rubbish');
        await stage.server.compact();
        stage.proxy.restore();
        await eventually(() => stage.low.get() === 3, { withinMs: 5_000 });
        assert.is(stage.label.get(), 'none');
        assert.is(stage.high.get(), 9);
        assert.is(stage.rate.get(), 20);
        assert.is(stage.flags.version, version + 1);
        await eventually(async () => (await stage.get('rate')) === '20');
      }),
    );

    it(
      'survives a compaction while it follows',
      on({ values: { rate: '20' } }, async (stage) => {
        await stage.watch();
        await stage.put('rate', '30');
        await stage.server.compact();
        await stage.put('rate', '40');
        await eventually(() => stage.rate.get() === 40);
        assert.is(stage.watcher?.status.restarts, 0);
      }),
    );

    it(
      'survives a SIGKILL of the server',
      on({ values: { rate: '20' } }, async (stage) => {
        await stage.watch();
        for (const rate of [30, 40]) {
          await stage.server.kill();
          await eventually(() => stage.state === 'stale');
          await stage.server.run();
          await stage.put('rate', String(rate));
          await eventually(() => stage.rate.get() === rate, { withinMs: 5_000 });
        }
        assert.equal(stage.told, ['10>20', '20>30', '30>40']);
      }),
    );

    it(
      'loads from a server that starts after it',
      on({ later: true }, async (stage) => {
        await stage.watch({ required: false });
        assert.is(stage.state, 'starting');
        await stage.server.run();
        await stage.put('rate', '30');
        await eventually(() => stage.rate.get() === 30, { withinMs: 5_000 });
      }),
    );

    it(
      'notices that the data were wiped, and takes the new ones',
      on({ values: { rate: '20', label: 'a' } }, async (stage) => {
        for (let count = 0; count < 20; count++) await stage.put('nobody', String(count));
        await stage.watch();
        await stage.server.kill();
        stage.server.wipe();
        await stage.server.run();
        await stage.put('rate', '30');
        await eventually(() => stage.rate.get() === 30 && stage.label.get() === 'none', { withinMs: 10_000 });
      }),
    );

    it(
      'notices it also where the new history has come further than the old one',
      on({ values: { rate: '20', label: 'a' } }, async (stage) => {
        await stage.watch();
        await stage.rewrite(async () => {
          for (let count = 0; count < 20; count++) await stage.put('rate', String(count + 1));
        });
        await eventually(() => stage.rate.get() === 20 && stage.label.get() === 'none', { withinMs: 10_000 });
      }),
    );

    it(
      'notices it also where the new history has the same revisions, and the newest key the same value',
      on({ values: { rate: '20', label: 'a' } }, async (stage) => {
        await stage.put('low', '2');
        await stage.watch();
        await stage.rewrite(async () => {
          await stage.write({ rate: '30', label: 'b' });
          await stage.put('low', '2');
        });
        await eventually(() => stage.rate.get() === 30 && stage.label.get() === 'b', { withinMs: 10_000 });
      }),
    );

    it(
      'reads little to go on where it was, in a cluster that has elected before',
      on({}, async (stage) => {
        const { server } = stage;
        await server.kill();
        await server.run();
        const names = Array.from({ length: 2_000 }, (_, index) => `flag${index}`);
        for (let first = 0; first < names.length; first += 100)
          await stage.write(
            Object.fromEntries(names.slice(first, first + 100).map((name) => [name, 'x'.repeat(1_000)])),
          );
        await stage.watch();
        const loaded = await sentBytes(server);
        for (let restarts = 1; restarts <= 3; restarts++) {
          stage.proxy.drop();
          await eventually(() => (stage.watcher?.status.restarts ?? 0) >= restarts && stage.state === 'live');
        }
        const more = (await sentBytes(server)) - loaded;
        assert.ok(loaded > 2_000_000 && more < 600_000, `${loaded} bytes to load, ${more} to go on three times`);
        await stage.put('rate', '30');
        await eventually(() => stage.rate.get() === 30);
      }),
    );
  });
}

/** Takes the server away for a minute. */
async function withoutServer(binary: EtcdBinary): Promise<void> {
  const server = await EtcdServer.start(binary);
  await onStage(server, { values: { rate: '20' } }, async (stage) => {
    await stage.watch();
    await server.kill();
    await eventually(() => stage.state === 'stale');
    await sleep(60_000);
    assert.is(stage.rate.get(), 20);
    await server.run();
    await stage.put('rate', '30');
    await eventually(() => stage.rate.get() === 30, { withinMs: 5_000 });
  });
  await server.close();
}

const outages: Promise<void>[] = [];

for (const [index, { describe }] of eachEtcd().entries()) {
  describe('etcdSource() over a minute without a server', (it) => {
    it('recovers within 5 s', async () => {
      // All versions at once: a minute is a minute.
      if (outages.length === 0) outages.push(...findEtcds().map(withoutServer));
      await Promise.allSettled(outages);
      await outages[index];
    });
  });
}
