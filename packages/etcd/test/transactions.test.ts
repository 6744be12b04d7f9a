import { FlagSet, int, string } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import type { EtcdServer } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { onEachEtcd, onStage } from './support.ts';

const WRITES = 9;
/** Of a value such that three make a transaction that etcd takes, and two transactions are more than it sends at once. */
const LARGE = 450_000;

/** Counts the revisions under a prefix that a watch from the first on gets in more than one part. */
async function countCutRevisions({ client }: EtcdServer, prefix: string): Promise<number> {
  const key = Buffer.from(prefix);
  const range_end = Buffer.from(prefix.replace(/\/$/, '0'));
  const last = (await client.kv.range({ key, range_end, limit: 1, sort_target: 'Mod', sort_order: 'Descend' })).kvs[0];
  const call = await client.watchClient.watch();
  const cut = new Set<string>();
  let [end, whole] = ['', false];
  call.on('error', () => {});
  call.on('data', ({ events, fragment }) => {
    const [first] = events;
    if (first?.kv.mod_revision === end) cut.add(end);
    end = events.at(-1)?.kv.mod_revision ?? end;
    whole = !fragment && end === last?.mod_revision;
  });
  call.write({ create_request: { key, range_end, start_revision: '1', fragment: true } });
  await eventually(() => whole, { withinMs: 15_000 });
  call.end();
  call.cancel();
  return cut.size;
}

onEachEtcd('etcdSource() and flags of one invariant', (it, server) => {
  it('takes what was refused as soon as the other flag allows it, and refuses nothing good beside it', () =>
    onStage(server(), { source: { rollback: 'report' } }, async (stage) => {
      await stage.watch();
      const refusals = (): number => stage.events.filter(({ kind }) => kind === 'rejected').length;
      const values = (): string => `${stage.low.get()} ${stage.high.get()}`;
      await stage.put('low', '10');
      await eventually(() => refusals() === 1);
      await stage.put('label', 'else');
      await stage.put('high', '3');
      await eventually(() => stage.high.get() === 3);
      assert.is(values(), '1 3');
      await stage.put('high', '20');
      await eventually(() => values() === '10 20');
      assert.is(refusals(), 1);
      assert.equal(stage.watcher?.status.rejected, []);
      assert.equal(stage.rollbacks, ['reported']);
    }));

  it('takes in turn what one allows the next, and asks nobody anew whom no change concerns', () =>
    onStage(server(), { source: { rollback: 'report' } }, async (stage) => {
      let asked = 0;
      const least = stage.flags.dynamic('least', int, 0, 'Not above low.');
      const odd = stage.flags.dynamic('odd', int, 1, 'Odd.').withValidator((value) => {
        asked++;
        return value % 2 === 1;
      });
      stage.flags.invariant([least, stage.low], (one, other) => one <= other || 'least above low');
      await stage.watch();
      await stage.write({ low: '10', odd: '2' });
      await eventually(() => stage.rollbacks.length === 2);
      const before = asked;
      await stage.write({ high: '20', least: '8' });
      await eventually(() => least.get() === 8);
      assert.equal([stage.low.get(), stage.high.get(), odd.get(), asked], [10, 20, 1, before]);
    }));

  it('takes a deletion that was refused as soon as the other flag allows it', () =>
    onStage(server(), { source: { rollback: 'report' } }, async (stage) => {
      await stage.write({ low: '10', high: '20' });
      await stage.watch();
      await stage.write({ high: undefined });
      await eventually(() => stage.rollbacks.length === 1);
      assert.is(stage.high.get(), 20);
      await stage.put('low', '2');
      await eventually(() => stage.high.source === 'default');
      assert.equal([stage.low.get(), stage.high.get()], [2, 5]);
    }));
});

onEachEtcd('etcdSource() and large transactions', (it, server) => {
  it('applies whole ones, which the watch brings in fragments', () =>
    onStage(server(), { source: { rollback: 'report' } }, async (stage) => {
      const flags = ['a', 'b', 'c'].map((name) => stage.flags.dynamic(name, string, '0', ''));
      const seen: string[] = [];
      for (const flag of flags)
        flag.withNotifier(() => void seen.push(flags.map((each) => each.get().charAt(0)).join('')));
      await stage.watch();
      stage.proxy.cut();
      await eventually(() => stage.state === 'stale');
      for (let write = 1; write <= WRITES; write++) {
        const value = String(write).repeat(LARGE);
        await stage.write({ a: value, b: value, c: value });
      }
      stage.proxy.restore();
      await eventually(() => flags.every((flag) => flag.get().startsWith(String(WRITES))), { withinMs: 15_000 });
      assert.equal(
        seen.filter((digits) => new Set(digits).size > 1),
        [],
      );
      assert.ok(seen.length > flags.length, `${seen.length} notifications`);
      // What this test is about did happen.
      assert.ok((await countCutRevisions(server(), stage.prefix)) > 0);
    }));

  it('loads the state of one revision, of however many pages', async () => {
    for (let page = 0; page < 40; page++) {
      const names = Array.from({ length: 100 }, (_, index) => `/pages/m${100 * page + index}`);
      await server().write(Object.fromEntries(names.map((name) => [name, 'x'.repeat(1_000)])));
    }
    let writes = 0;
    const write = (): Promise<void> => server().write({ '/pages/a': String(writes), '/pages/z': String(writes) });
    await write();
    const writing = new AbortController();
    const writer = (async () => {
      for (; !writing.signal.aborted; writes++) await write();
    })();
    try {
      for (let load = 0; load < 5; load++) {
        const flags = new FlagSet('pages');
        const [first, last] = ['a', 'z'].map((name) => flags.dynamic(name, int, -1, ''));
        if (first && last) flags.invariant([first, last], (one, other) => one === other || `torn: ${one}, ${other}`);
        const before = writes;
        const watcher = await flags.watch(etcdSource({ hosts: server().url, prefix: '/pages' }));
        await eventually(() => writes > before);
        await watcher.stop();
      }
    } finally {
      writing.abort();
      await writer;
    }
  });
});
