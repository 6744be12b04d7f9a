import { assert } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { onEachEtcd, onStage } from './support.ts';

/** Little less than a request may have, by default. */
const LENGTH = 1_400_000;

onEachEtcd('etcdSource() beside keys of 1.4 MB', (it, server) => {
  it('loads, follows, goes on after a cut, and rolls back', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      const names = ['k', 'm'].map((letter) => letter.repeat(LENGTH));
      const [first = ''] = names;
      for (const name of names) await stage.put(name, 'x');
      // Not UTF-8, and as long.
      const bytes = Buffer.concat([Buffer.from(stage.prefix), Buffer.alloc(LENGTH, 0xfe)]);
      await server().client.put(bytes).value('x');
      const watcher = await stage.watch();
      assert.is(stage.rate.get(), 20);
      const unknown = [...names, `bytes:${'fe'.repeat(LENGTH)}`];
      assert.ok(watcher.status.unknown.length === unknown.length);
      for (const name of unknown) assert.ok(watcher.status.unknown.includes(name), `${name.slice(0, 9)}…`);
      await stage.put(first, 'y');
      await stage.put('rate', '30');
      await eventually(() => stage.rate.get() === 30, { withinMs: 10_000 });
      for (const compacted of [false, true]) {
        stage.proxy.cut();
        await eventually(() => stage.state === 'stale');
        await stage.put(first, 'z');
        await stage.put('rate', compacted ? '50' : '40');
        if (compacted) await stage.server.compact();
        stage.proxy.restore();
        await eventually(() => stage.rate.get() === (compacted ? 50 : 40), { withinMs: 10_000 });
      }
      await stage.put('rate', 'rubbish');
      await eventually(async () => (await stage.get('rate')) === '50', { withinMs: 10_000 });
      await stage.write({ [first]: undefined });
      await eventually(() => !watcher.status.unknown.includes(first), { withinMs: 10_000 });
      assert.is(watcher.status.unknown.length, unknown.length - 1);
    }));
});
