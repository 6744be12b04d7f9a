// timeout: 400 s
import { setTimeout } from 'node:timers/promises';
import { FlagSet, type Watcher, inRange, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert } from '@flagz/test-runner';
import type { EtcdServer } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { onEachEtcd, onStage } from './support.ts';

const MINUTE = { withinMs: 100_000, everyMs: 500 };

/** Writes bad and good in turn, faster than anything is put back, and a bad value in the end. */
async function toggle(server: EtcdServer): Promise<void> {
  const options = { values: { rate: '20' }, source: { rollbackDelayMs: 1_000, reloadEveryMs: 1_000 } };
  await onStage(server, options, async (stage) => {
    await stage.watch();
    for (let round = 0; round < 6; round++) {
      await stage.put('rate', 'bad');
      await stage.put('rate', '20');
    }
    await stage.put('rate', 'bad');
    await eventually(() => stage.rollbacks.includes('flapping'));
    const event = stage.events.findLast((each) => each.kind === 'rollback');
    assert.match(String(event?.error), /left alone until the next load: it came back again and again within a minute/);
    await eventually(async () => (await stage.get('rate')) === '20', MINUTE);
    await eventually(() => stage.rollbacks.at(-1) === 'reverted');
    assert.equal(stage.rollbacks.slice(-2), ['flapping', 'reverted']);
  });
}

/** Lets one instance refuse what the other accepts, and the other way about. */
async function disagree(server: EtcdServer): Promise<void> {
  const source = { rollbackDelayMs: 20, reloadEveryMs: 1_000 };
  await onStage(server, { values: { rate: '5' }, largest: 15, source }, async (few) => {
    await few.watch();
    await onStage(server, { source }, async (many) => {
      Object.assign(many, { prefix: few.prefix });
      let [least, loads] = [1, 0];
      many.rate.withValidator((next) => {
        if (next === 5) loads++;
        return next >= least || `below ${least}`;
      });
      await many.watch();
      least = 100;
      const versionOf = async (): Promise<number> => {
        const { kvs } = await server.client.kv.range({ key: Buffer.from(`${few.prefix}rate`) });
        return Number(kvs[0]?.version) - 1;
      };
      await few.put('rate', '500');
      const flapping = (): number => many.rollbacks.filter((outcome) => outcome === 'flapping').length;
      await eventually(() => flapping() === 1);
      assert.is(await versionOf(), 1 + 5);
      // Once a minute is over: one try, and the other's answer, whatever is loaded within the next one.
      await eventually(() => flapping() === 2, MINUTE);
      const before = loads;
      await eventually(() => loads >= before + 5, MINUTE);
      assert.is(await versionOf(), 1 + 5 + 2);
      assert.is(flapping(), 2);
      assert.equal([few.rate.get(), many.rate.get()], [5, 500]);
    });
  });
}

onEachEtcd('etcdSource() rollback of a value that comes back again and again', (it, server) => {
  it('is tried once more after the minute: rights what an operator left, writes twice where two disagree', async () => {
    // Together, since each takes a minute.
    await Promise.all([toggle(server()), disagree(server())]);
  });

  it('is told once, whatever is written there next', async () => {
    const options = { values: { rate: '20' }, source: { rollbackDelayMs: 0 } };
    await onStage(server(), options, async (stage) => {
      await stage.watch();
      for (let turn = 1; turn <= 5; turn++) {
        await stage.put('rate', `bad${turn}`);
        await eventually(() => stage.rollbacks.length === turn);
      }
      for (let turn = 0; turn < 10; turn++) {
        await stage.put('rate', `worse${turn}`);
        await setTimeout(50);
      }
      assert.equal(stage.rollbacks, [...Array.from({ length: 5 }, () => 'reverted'), 'flapping']);
    });
  });

  it('is put back and forth nine times at most where two fleets disagree', async () => {
    const key = '/fleets/rate';
    await server().put(key, '5');
    const watchers: Watcher[] = [];
    let [least, flapping] = [1, 0];
    const follow = async (valid: (rate: number) => boolean): Promise<void> => {
      const flags = new FlagSet('instance');
      flags.dynamic('rate', int, 10, '').withValidator((rate) => rate === 10 || valid(rate) || 'no');
      flags.subscribe((event) => event.kind === 'rollback' && event.outcome === 'flapping' && flapping++);
      // Whose delay is another shares nothing but the connection.
      const rollbackDelayMs = 20 + watchers.length;
      watchers.push(await flags.watch(etcdSource({ hosts: server().url, prefix: '/fleets', rollbackDelayMs })));
    };
    try {
      for (let index = 0; index < 6; index++) {
        await follow((rate) => rate <= 15);
        await follow((rate) => rate >= least);
      }
      least = 100;
      await server().put(key, '500');
      await eventually(() => flapping >= 6, { withinMs: 10_000 });
      const { kvs } = await server().client.kv.range({ key: Buffer.from(key) });
      const writes = Number(kvs[0]?.version) - 2;
      assert.ok(writes >= 5 && writes <= 9, `${writes} writes`);
    } finally {
      for (const watcher of watchers) await watcher.stop();
    }
  });

  it('tells each flag set once that a value is left alone, also one that comes later', async () => {
    const key = '/each/rate';
    await server().put(key, '5');
    const said: string[] = [];
    const watchers: Watcher[] = [];
    const follow = async (name: string): Promise<void> => {
      const flags = new FlagSet(name);
      flags.dynamic('rate', int, 10, '').withValidator(inRange(1, 15));
      flags.subscribe((event) => event.kind === 'rollback' && said.push(`${name} ${event.outcome}`));
      const source = etcdSource({ hosts: server().url, prefix: '/each', rollbackDelayMs: 20, reloadEveryMs: 500 });
      watchers.push(await flags.watch(source, { required: false }));
    };
    const flapping = (): string[] => said.filter((text) => text.endsWith('flapping')).sort();
    try {
      for (const name of ['one', 'two', 'three']) await follow(name);
      await eventually(() => watchers.every(({ state }) => state === 'live'));
      while (flapping().length === 0) {
        const before = said.length;
        await server().put(key, '500');
        await eventually(() => said.length >= before + 3);
      }
      assert.equal(flapping(), ['one flapping', 'three flapping', 'two flapping']);
      await follow('late');
      await eventually(() => watchers.at(-1)?.state === 'live');
      for (let round = 0; round < 3; round++) await server().put(key, '500');
      await eventually(() => flapping().includes('late flapping'));
      assert.equal(flapping(), ['late flapping', 'one flapping', 'three flapping', 'two flapping']);
    } finally {
      for (const watcher of watchers) await watcher.stop();
    }
  });
});
