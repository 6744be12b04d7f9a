import { assert } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Stage, onEachEtcd, onStage } from './support.ts';

/** Counts how often a key has been written since it came to be. */
async function versionOf(stage: Stage, name: string): Promise<number> {
  const { kvs } = await stage.server.client.kv.range({ key: Buffer.from(stage.prefix + name) });
  return Number(kvs[0]?.version ?? 0);
}

/** Waits until nothing has been written for a while. */
async function calm(stage: Stage): Promise<void> {
  let before = -1;
  await eventually(
    async () => {
      const now = await stage.server.revision();
      const still = now === before;
      before = now;
      return still;
    },
    { withinMs: 20_000, everyMs: 400 },
  );
}

/** Cuts the connection between a rollback and its answer. */
async function loseAnswer(stage: Stage, before: string | null, compacted: boolean): Promise<void> {
  stage.proxy.delay(300);
  await stage.put('rate', 'rubbish');
  await eventually(async () => (await stage.get('rate')) === before, { everyMs: 5 });
  stage.proxy.cut();
  await eventually(() => stage.state === 'stale');
  if (compacted) await stage.server.compact();
  stage.proxy.restore();
}

onEachEtcd('etcdSource() rollback', (it, server) => {
  it('puts the previous value back: one transaction, no new version, nobody notified', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      const { version } = stage.flags;
      const revision = await stage.server.revision();
      stage.told.length = 0;
      await stage.put('rate', 'rubbish');
      await eventually(() => stage.rollbacks.join() === 'reverted');
      await calm(stage);
      assert.is(await stage.get('rate'), '20');
      assert.is(await stage.server.revision(), revision + 2);
      assert.is(stage.flags.version, version);
      assert.equal(stage.told, []);
      assert.is(stage.watcher?.status.rejected.length, 0);
      const event = stage.events.find(({ kind }) => kind === 'rollback');
      assert.equal(event, {
        kind: 'rollback',
        source: 'etcd',
        flag: 'rate',
        revision: String(revision + 1),
        outcome: 'reverted',
      });
    }));

  it('deletes what did not exist before', () =>
    onStage(server(), {}, async (stage) => {
      await stage.watch();
      await stage.put('rate', 'rubbish');
      await eventually(() => stage.rollbacks.join() === 'deleted');
      assert.is(await stage.get('rate'), null);
      assert.is(stage.rate.get(), 10);
    }));

  it('puts the last accepted value back after two bad ones, and then is quiet', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      await stage.watch();
      await stage.put('rate', 'bad1');
      await stage.put('rate', 'bad2');
      await eventually(async () => stage.rollbacks.at(-1) === 'reverted' && (await stage.get('rate')) === '20');
      await calm(stage);
      assert.is(await stage.get('rate'), '20');
      // Two, where the first was sent before the second bad one came.
      const writes = stage.rollbacks.filter((outcome) => outcome === 'reverted').length;
      assert.ok(writes <= 2, stage.rollbacks.join());
      assert.is(await versionOf(stage, 'rate'), 1 + 2 + writes);
    }));

  it('lets a good value of the operator stand that came first', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 1_000_000 } }, async (stage) => {
      await stage.watch();
      await stage.put('rate', 'rubbish');
      await stage.put('rate', '40');
      await eventually(() => stage.rate.get() === 40);
      await calm(stage);
      assert.is(await stage.get('rate'), '40');
      assert.equal(stage.rollbacks, ['lost-race']);
    }));

  it('loses the race against a value that it has not heard of', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 0 } }, async (stage) => {
      await stage.watch();
      // What the server says takes its time, so that the transaction comes too late.
      stage.proxy.delay(500);
      await stage.put('rate', 'rubbish');
      await stage.put('rate', '40');
      await eventually(() => stage.rate.get() === 40 && stage.rollbacks.length > 0);
      await calm(stage);
      assert.is(await stage.get('rate'), '40');
      assert.equal(stage.rollbacks, ['lost-race']);
    }));

  it('gives up where somebody puts the refused value back again and again, and says so once', () =>
    onStage(server(), { values: { rate: '5' }, largest: 15, source: { rollbackDelayMs: 20 } }, async (stage) => {
      await stage.watch();
      for (let round = 0; round < 8; round++) {
        const said = stage.rollbacks.length;
        await stage.put('rate', '500');
        if (round < 4) await eventually(() => stage.rollbacks.length > said);
      }
      await calm(stage);
      // The first, then two returns and two answers: five turns in all.
      const ours = stage.rollbacks.filter((outcome) => outcome !== 'lost-race');
      assert.equal(ours, ['reverted', 'reverted', 'reverted', 'flapping']);
      assert.is(await stage.get('rate'), '500');
      assert.is(stage.rate.get(), 5);
    }));

  it('writes five times a minute where two instances disagree, together', () =>
    onStage(server(), { values: { rate: '5' }, largest: 15, source: { rollbackDelayMs: 20 } }, async (few) => {
      await few.watch();
      await onStage(server(), { source: { rollbackDelayMs: 20 } }, async (many) => {
        Object.assign(many, { prefix: few.prefix });
        let least = 1;
        many.rate.withValidator((next) => next >= least || `below ${least}`);
        await many.watch();
        least = 100;
        const before = await versionOf(few, 'rate');
        await few.put('rate', '500');
        const count = (outcome: string): number =>
          [...few.rollbacks, ...many.rollbacks].filter((other) => other === outcome).length;
        await eventually(() => count('flapping') > 0 && count('reverted') >= 5);
        await calm(few);
        assert.is(await versionOf(few, 'rate'), before + 1 + 5);
        assert.is(count('reverted'), 5);
        assert.is(count('flapping'), 1);
        assert.is(few.rate.get(), 5);
        assert.is(many.rate.get(), 500);
      });
    }));

  it('is sent once the connection is back, where it was lost in between', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 3_000 } }, async (stage) => {
      await stage.watch();
      for (;;) {
        await stage.put('rate', 'rubbish');
        await eventually(() => stage.watcher?.status.rejected.length === 1, { everyMs: 1 });
        stage.proxy.cut();
        await eventually(() => stage.state === 'stale');
        // The random wait may have been shorter than it took to cut: then once more.
        if ((await stage.get('rate')) === 'rubbish') break;
        stage.proxy.restore();
        await eventually(() => stage.state === 'live');
      }
      const before = stage.rollbacks.length;
      stage.proxy.restore();
      await eventually(async () => (await stage.get('rate')) === '20');
      await eventually(() => stage.rollbacks.slice(before).join() === 'reverted');
    }));

  for (const [what, compacted, before, values] of [
    ['reverted', false, '20', { rate: '20' }],
    ['reverted', true, '20', { rate: '20' }],
    ['deleted', false, null, {}],
  ] as const) {
    it(`is ${what} where its answer was lost${compacted ? ', also where the event is compacted' : ''}`, () =>
      onStage(server(), { values, source: { rollbackDelayMs: 0 } }, async (stage) => {
        await stage.watch();
        await loseAnswer(stage, before, compacted);
        await eventually(() => stage.state === 'live');
        await eventually(() => stage.rollbacks.length > 0);
        await calm(stage);
        assert.equal(stage.rollbacks, [what]);
        assert.is(await stage.get('rate'), before);
      }));
  }

  it('is reverted where its answer was lost, and that of the next try comes after the event', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 0 } }, async (stage) => {
      await stage.watch();
      await loseAnswer(stage, '20', false);
      // The server sends what was missed within 100 ms; the next try is answered 400 ms after it is sent.
      stage.proxy.delay(200);
      await eventually(() => stage.rollbacks.length > 0);
      await calm(stage);
      assert.equal(stage.rollbacks, ['reverted']);
    }));

  it('has lost the race where its answer was lost, and somebody was faster', () =>
    onStage(server(), { values: { rate: '20' }, source: { rollbackDelayMs: 0 } }, async (stage) => {
      await stage.watch();
      stage.proxy.delay(1_000);
      await stage.put('rate', 'rubbish');
      await eventually(() => stage.watcher?.status.rejected.length === 1, { everyMs: 1 });
      // While the transaction is on its way.
      await stage.put('rate', '30');
      stage.proxy.cut();
      await eventually(() => stage.state === 'stale');
      stage.proxy.restore();
      await eventually(() => stage.rate.get() === 30 && stage.rollbacks.length > 0);
      await calm(stage);
      assert.equal(stage.rollbacks, ['lost-race']);
    }));

  it('restores a key whose deletion is refused', () =>
    onStage(server(), { values: { low: '7', high: '9' } }, async (stage) => {
      await stage.watch();
      // Without it, high would fall back to 5, below low.
      await stage.write({ high: undefined });
      await eventually(async () => (await stage.get('high')) === '9');
      await eventually(() => stage.rollbacks.join() === 'reverted');
    }));

  it('leaves alone what was there before the first load', () =>
    onStage(server(), { values: { rate: 'rubbish' }, source: { reloadEveryMs: 100 } }, async (stage) => {
      const watcher = await stage.watch({ required: false });
      await eventually(() => watcher.state === 'live');
      stage.proxy.drop();
      await eventually(() => watcher.status.restarts > 0 && watcher.state === 'live');
      await calm(stage);
      assert.is(await stage.get('rate'), 'rubbish');
      assert.equal(stage.rollbacks, []);
      assert.is(stage.events.filter(({ kind }) => kind === 'rejected').length, 1);
    }));

  it("writes nothing with rollback: 'report'", () =>
    onStage(server(), { values: { rate: '20' }, source: { rollback: 'report', reloadEveryMs: 200 } }, async (stage) => {
      await stage.watch();
      await stage.put('rate', 'rubbish');
      await eventually(() => stage.rollbacks.length === 1);
      stage.proxy.drop();
      await eventually(() => (stage.watcher?.status.restarts ?? 0) > 0 && stage.state === 'live');
      await calm(stage);
      assert.is(await versionOf(stage, 'rate'), 2);
      assert.equal(stage.rollbacks, ['reported']);
    }));

  it('leaves static flags and unknown keys alone', () =>
    onStage(server(), {}, async (stage) => {
      const { int } = await import('@flagz/core');
      stage.flags.static('port', int, 8080, '');
      await stage.watch();
      await stage.write({ port: 'rubbish', nobody: 'x' });
      await eventually(() => stage.watcher?.status.rejected.length === 1);
      await calm(stage);
      assert.is(await stage.get('port'), 'rubbish');
      assert.equal(stage.rollbacks, []);
    }));
});
