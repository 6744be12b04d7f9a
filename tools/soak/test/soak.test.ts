// timeout: 240 s
import { assert, describe } from '@flagz/test-runner';
import { eachEtcd } from '@flagz/testbed-etcd';
import { tableOf } from '../src/counts.ts';
import { EtcdStage } from '../src/etcd.ts';
import { Random } from '../src/random.ts';
import { type SoakResult, type Stage, runSoak } from '../src/soak.ts';
import { losingOne } from './lossy.ts';
import { MemoryStage } from './memory-stage.ts';

/** Tells the roll call, which writes every flag in one batch, from everything else. */
const isRollCall = (changes: readonly unknown[]): boolean => changes.length > 10;

/** Runs one short storm. */
async function soak(stage: Stage, { convergesWithinMs = 1_000, minutes = 0.01 } = {}): Promise<SoakResult> {
  try {
    return await runSoak(stage, { minutes, random: new Random(1), convergesWithinMs, say: () => {} });
  } finally {
    await stage.close();
  }
}

describe('runSoak()', (it) => {
  it('finds nothing where nothing is lost', async () => {
    const { lost, problems, rows } = await soak(await MemoryStage.start());
    assert.is(lost, 0);
    assert.equal(problems, []);
    const counted = new Map(rows);
    assert.ok(Number(counted.get('write: good')) > 0);
    assert.ok(Number(counted.get('values refused')) > 0);
    assert.is(counted.get('roll calls'), 2);
  });

  it('finds the one value that a source loses', async () => {
    const stage = await MemoryStage.start((source) => losingOne(source, 'flag7', isRollCall));
    assert.is((await soak(stage)).lost, 1);
  });

  for (const leaving of [true, false]) {
    it(`calls refused values ${leaving ? 'right that are left' : 'lost that the source should have mended'}`, async () => {
      const stage = await MemoryStage.start();
      // Half of what is written is bad: after a storm some flag has such a value, whatever the pace.
      Object.assign(stage, { leaving, writes: { good: 1, bad: 1 } });
      const { lost, problems, rows } = await soak(stage);
      const left = Number(new Map(rows).get('refused values left in the store, mended by the operator'));
      assert.ok(left > 0);
      assert.is(lost, leaving ? 0 : left * stage.instances.length);
      assert.equal(problems, []);
    });
  }

  const vacuous: Readonly<Record<string, readonly [problem: RegExp, spoil: (stage: MemoryStage) => unknown]>> = {
    'the store cannot be read': [
      /^nothing could be compared after the storm: .*not readable$/,
      (stage) => void (stage.read = () => Promise.reject(new Error('not readable'))),
    ],
    'no write arrives': [
      /^nothing good was written in the storms$/,
      (stage) => void (stage.write = () => Promise.reject(new Error('not writable'))),
    ],
    'the roll cannot be called': [
      /^the roll could not be called: .*not writable$/,
      (stage) => void (stage.writeAll = () => Promise.reject(new Error('not writable'))),
    ],
    'an instance is dead': [/^instance 0 is stopped/, (stage) => stage.instances[0]?.stop()],
    'there is no instance': [/^there was no instance$/, (stage) => void stage.instances.splice(0)],
  };
  for (const [what, [problem, spoil]] of Object.entries(vacuous)) {
    it(`says that it proves nothing when ${what}`, async () => {
      const stage = await MemoryStage.start();
      const all = [...stage.instances];
      await spoil(stage);
      const { problems } = await soak(stage);
      for (const instance of all) await instance.stop();
      assert.ok(
        problems.some((line) => problem.test(line)),
        problems.join('\n') || 'no problem was found',
      );
    });
  }
});

for (const etcd of eachEtcd()) {
  etcd.describe('runSoak()', (it) => {
    it('finds the one value that a source of a real etcd loses', async () => {
      const wrap = (source: Parameters<typeof losingOne>[0], index: number) =>
        index === 1 ? losingOne(source, 'flag7', isRollCall) : source;
      const stage = await EtcdStage.start(etcd.binary, { wrap });
      assert.is((await soak(stage, { convergesWithinMs: 5_000 })).lost, 1);
    });
  });
}

describe('tableOf()', (it) => {
  it('writes a column for each soak', () => {
    const columns = { 'etcd 3.4': [['lost', 0] as const], 'etcd 3.7': [['kill', 2] as const, ['lost', 1] as const] };
    assert.is(
      tableOf(columns),
      ['| what | etcd 3.4 | etcd 3.7 |', '| --- | ---: | ---: |', '| lost | 0 | 1 |', '| kill | 0 | 2 |'].join('\n'),
    );
  });
});
