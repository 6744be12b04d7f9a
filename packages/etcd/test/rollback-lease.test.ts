import { assert } from '@flagz/test-runner';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { type Stage, onEachEtcd, onStage } from './support.ts';

const NO_LEASE = '0';

/** Makes a lease that outlives the test. */
async function grant({ server }: Stage): Promise<string> {
  return (await server.client.leaseClient.leaseGrant({ TTL: 600 })).ID;
}

/** Lets a lease be over, with all that hangs on it. */
async function revoke({ server }: Stage, ID: string): Promise<void> {
  await server.client.leaseClient.leaseRevoke({ ID });
}

/** Writes the rate, on a lease where one is given. */
async function putRate({ server, prefix }: Stage, value: string, lease: string = NO_LEASE): Promise<void> {
  await server.client.put(`${prefix}rate`).value(value).lease(lease);
}

/** Reads the rate with its lease. */
async function rateOf({ server, prefix }: Stage): Promise<string | undefined> {
  const { kvs } = await server.client.kv.range({ key: Buffer.from(`${prefix}rate`) });
  return kvs[0] && `${kvs[0].value.toString()} on ${kvs[0].lease}`;
}

/** Waits until a stage has heard all that was written so far. */
async function heard(stage: Stage, mark: string): Promise<void> {
  await stage.put('label', mark);
  await eventually(() => stage.label.get() === mark, { withinMs: 10_000 });
}

/** Does something while a stage is cut off; what happened there is compacted. */
async function unseen(stage: Stage, act: () => Promise<void>): Promise<void> {
  stage.proxy.cut();
  await eventually(() => stage.state === 'stale');
  await act();
  await stage.put('label', 'unseen');
  await stage.server.compact();
  stage.proxy.restore();
  await eventually(() => stage.state === 'live' && stage.label.get() === 'unseen', { withinMs: 10_000 });
}

/** Writes rubbish, and waits for what becomes of it. */
async function refuse(stage: Stage): Promise<void> {
  await putRate(stage, 'rubbish');
  await eventually(() => stage.rollbacks.some((outcome) => outcome !== 'failed'));
  await eventually(async () => (await rateOf(stage)) !== `rubbish on ${NO_LEASE}`);
}

onEachEtcd('etcdSource() rollback of a value that was written again', (it, server) => {
  it('keeps the lease of the accepted value', () =>
    onStage(server(), {}, async (stage) => {
      const { client } = stage.server;
      const { ID } = await client.leaseClient.leaseGrant({ TTL: 600 });
      await client.put(`${stage.prefix}rate`).value('20').lease(ID);
      await stage.watch();
      const other = await client.leaseClient.leaseGrant({ TTL: 600 });
      await client.put(`${stage.prefix}rate`).value('rubbish').lease(other.ID);
      await eventually(async () => (await stage.get('rate')) === '20');
      const { kvs } = await client.kv.range({ key: Buffer.from(`${stage.prefix}rate`) });
      assert.is(kvs[0]?.lease, ID);
      // A lease that is over meanwhile: without the refused value, the key would be gone.
      stage.proxy.delay(500);
      await client.put(`${stage.prefix}rate`).value('rubbish');
      await client.leaseClient.leaseRevoke({ ID });
      await eventually(() => stage.rollbacks.includes('deleted'));
      assert.is(await stage.get('rate'), null);
    }));

  it('has no lease where the same value was written without one since', () =>
    onStage(server(), {}, async (stage) => {
      const lease = await grant(stage);
      await putRate(stage, '20', lease);
      await stage.watch();
      await putRate(stage, '20');
      await heard(stage, 'again');
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${NO_LEASE}`);
      await revoke(stage, lease);
      assert.is(await rateOf(stage), `20 on ${NO_LEASE}`);
    }));

  it('is not a deletion where the lease is over that it had before', () =>
    onStage(server(), {}, async (stage) => {
      const lease = await grant(stage);
      await putRate(stage, '20', lease);
      await stage.watch();
      await putRate(stage, '20');
      await heard(stage, 'again');
      await revoke(stage, lease);
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${NO_LEASE}`);
    }));

  it('has the newer lease, where it had none, or one that is over', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      const first = await grant(stage);
      await putRate(stage, '20', first);
      await heard(stage, 'first');
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${first}`);
      const second = await grant(stage);
      await putRate(stage, '20', second);
      await heard(stage, 'second');
      await revoke(stage, first);
      stage.events.length = 0;
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${second}`);
    }));

  it('has the newer lease also where it was written while nobody was connected, and then compacted', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      const lease = await grant(stage);
      await unseen(stage, () => putRate(stage, '20', lease));
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${lease}`);
    }));

  it('has no lease also where it was written without one meanwhile, and then compacted', () =>
    onStage(server(), {}, async (stage) => {
      const lease = await grant(stage);
      await putRate(stage, '20', lease);
      await stage.watch();
      await unseen(stage, async () => {
        await putRate(stage, '20');
        await revoke(stage, lease);
      });
      await refuse(stage);
      assert.is(await rateOf(stage), `20 on ${NO_LEASE}`);
    }));

  it('has the newer text of an equal value', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      const { version } = stage.flags;
      await putRate(stage, '0x14');
      await refuse(stage);
      assert.is(await rateOf(stage), `0x14 on ${NO_LEASE}`);
      assert.is(stage.flags.version, version);
    }));
});

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() rollback after the data were wiped', (it) => {
    it('has the new lease, where the same value has the same revision', async () => {
      const server = await EtcdServer.start(binary);
      try {
        await onStage(server, {}, async (stage) => {
          await putRate(stage, '20', await grant(stage));
          await stage.watch();
          const revision = await server.revision();
          stage.proxy.cut();
          await eventually(() => stage.state === 'stale');
          await server.kill();
          server.wipe();
          await server.run();
          const lease = await grant(stage);
          await putRate(stage, '20', lease);
          assert.is(await server.revision(), revision);
          stage.proxy.restore();
          await eventually(() => stage.state === 'live', { withinMs: 10_000 });
          await refuse(stage);
          assert.is(await rateOf(stage), `20 on ${lease}`);
        });
      } finally {
        await server.close();
      }
    });
  });
}
