// timeout: 300 s
import { mkdirSync, writeFileSync } from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, int } from '@flagz/core';
import { assert } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { describeOnVolumes } from './each-volume.ts';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';
import { KEYS, versionOf } from './versions.ts';

/** Long enough that no re-scan comes to help. */
const NEVER = { rescanMs: 100_000_000 };

describeOnVolumes('configMapMountSource() on a mounted volume', (it, mount) => {
  it('names the version as revision', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2' });
    const watcher = await stage.watch(configMapMountSource(volume.dir, NEVER));
    assert.is(watcher.status.revision, volume.revision);
    await volume.write({ rate: '3' });
    await eventually(() => stage.rate.get() === 3);
    assert.is(watcher.status.revision, volume.revision);
    assert.is(stage.flags.history().at(-1)?.revision, volume.revision);
  });

  it('tells of a swap once, and of nothing that stayed the same', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2', label: 'a' });
    await stage.watch(configMapMountSource(volume.dir, NEVER));
    await volume.write({ rate: '3', label: 'a' });
    await eventually(() => stage.rate.get() === 3);
    await volume.write({ rate: '4', label: 'a' });
    await eventually(() => stage.rate.get() === 4);
    assert.equal(stage.changes, ['rate 2>3', 'rate 3>4']);
  });

  it('takes a key that is gone for a fall-back, not for a failed reading (W32)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2', label: 'a' });
    await stage.watch(configMapMountSource(volume.dir, NEVER));
    await volume.write({ label: 'a' });
    await eventually(() => stage.rate.get() === 1);
    assert.equal([stage.changes, stage.state, stage.lastError], [['rate 2>1'], 'live', undefined]);
  });

  it('takes keys with dots in front, and folders, for no keys (W31)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2', '.hidden': 'x', 'x.tmp': 'kept' });
    mkdirSync(temp.join('cfg', '..data', 'folder'));
    await stage.watch(configMapMountSource(volume.dir, NEVER));
    // In a volume nobody edits files, so every other name is somebody's key.
    assert.equal([stage.rate.get(), stage.unknown], [2, ['x.tmp']]);
  });

  it('never mixes two of thousands of versions, and tells each flag at most once a swap', async () => {
    using temp = tempDir();
    const swaps = 2_000;
    const flags = new FlagSet('swaps');
    const all = KEYS.map((key) => flags.dynamic(key, int, 0, key));
    const odd = flags.dynamic('odd', int, -1, 'odd');
    const told = new Map<string, number[]>();
    const mixed: string[] = [];
    for (const flag of all) {
      flag.withNotifier((next) => {
        told.set(flag.name, [...(told.get(flag.name) ?? []), next]);
        const seen = new Set(all.map((other) => other.get()));
        if (seen.size !== 1) mixed.push([...seen].join());
        if (odd.get() !== (next % 2 === 1 ? next : -1)) mixed.push(`${next} with odd ${odd.get()}`);
      });
    }
    const volume = await mount(temp.join('cfg'), versionOf(0));
    await using watcher = await flags.watch(configMapMountSource(volume.dir, NEVER));
    await volume.race(swaps);
    await eventually(() => all[0]?.get() === swaps);
    assert.equal(mixed, []);
    for (const [name, values] of told) {
      assert.ok(
        values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0)),
        `${name} went back`,
      );
      assert.ok(values.length > 10, `${name} was told ${values.length} times`);
    }
    assert.is(told.size, KEYS.length);
    assert.equal([watcher.status.restarts, watcher.status.lastError], [0, undefined]);
  });

  it('loads 10,000 files, and swaps them as one batch', async () => {
    using temp = tempDir();
    const values = (text: string) =>
      Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`flag${index}`, text]));
    const flags = new FlagSet('many');
    const all = Array.from({ length: 10_000 }, (_, index) => flags.dynamic(`flag${index}`, int, 0, 'One of many.'));
    const volume = await mount(temp.join('cfg'), values('1'));
    await using watcher = await flags.watch(configMapMountSource(volume.dir, NEVER), { startTimeoutMs: 60_000 });
    const seen = new Set<number>();
    all[9_999]?.withNotifier(() => {
      for (const flag of all) seen.add(flag.get());
    });
    await volume.write(values('2'));
    await eventually(() => all[0]?.get() === 2, { withinMs: 60_000 });
    assert.equal([[...seen], flags.version, watcher.state], [[2], 2, 'live']);
  });

  it('loses no swap between the load and the first wait (W28)', async () => {
    for (let round = 0; round < 20; round++) {
      using temp = tempDir();
      await using stage = new Stage();
      const volume = await mount(temp.join('cfg'), { rate: '2' });
      const starting = stage.watch(configMapMountSource(volume.dir, NEVER));
      // Anywhere in the start: before the watch, between watch and reading, after it.
      for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
      await volume.write({ rate: '3' });
      await starting;
      await eventually(() => stage.rate.get() === 3);
    }
  });

  it('reads again in time though events never stop', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2' });
    await stage.watch(configMapMountSource(volume.dir, { rescanMs: 100 }));
    const noise = setInterval(() => writeFileSync(temp.join('cfg', '.noise'), ''), 5);
    try {
      // Nobody should, and no event of the directory tells.
      writeFileSync(temp.join('cfg', '..data', 'rate'), '3');
      await eventually(() => stage.rate.get() === 3);
    } finally {
      clearInterval(noise);
    }
  });
});
