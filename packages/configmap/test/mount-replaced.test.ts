import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { describeOnVolumes } from './each-volume.ts';
import { MountedVolume } from './mounted-volume.ts';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';

/** Long enough that no re-scan comes to help. */
const NEVER = { rescanMs: 100_000_000 };

describe('configMapMountSource() on a plain directory that is replaced', (it) => {
  it('sees in-place writes after the directory was replaced (W29)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    mkdirSync(dir);
    writeFileSync(temp.join('cfg', 'rate'), '2');
    await stage.watch(configMapMountSource(dir, NEVER));
    mkdirSync(temp.join('next'));
    writeFileSync(temp.join('next', 'rate'), '50');
    renameSync(dir, temp.join('old'));
    renameSync(temp.join('next'), dir);
    await eventually(() => stage.rate.get() === 50);
    writeFileSync(temp.join('cfg', 'rate'), '51');
    await eventually(() => stage.rate.get() === 51);
  });

  it('is not deaf in a directory that was deleted and made again at once, perhaps with the same inode', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    mkdirSync(dir);
    writeFileSync(temp.join('cfg', 'rate'), '2');
    await stage.watch(configMapMountSource(dir, NEVER));
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    writeFileSync(temp.join('cfg', 'rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    for (const rate of [4, 5]) {
      writeFileSync(temp.join('cfg', 'rate'), String(rate));
      await eventually(() => stage.rate.get() === rate);
    }
  });

  it('keeps its values while the directory is deleted, and follows the new one', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    const make = (rate: number): void => {
      mkdirSync(temp.join('made'));
      writeFileSync(temp.join('made', 'rate'), String(rate));
      renameSync(temp.join('made'), dir);
    };
    make(2);
    await stage.watch(configMapMountSource(dir, NEVER));
    for (const rate of [3, 4, 5]) {
      rmSync(dir, { recursive: true });
      await eventually(() => stage.state === 'stale');
      assert.match(stage.lastError ?? '', /"[^"]*cfg" does not exist; create it, or mount the ConfigMap there$/);
      make(rate);
      await eventually(() => stage.rate.get() === rate && stage.state === 'live');
      writeFileSync(temp.join('cfg', 'rate'), String(rate * 10));
      await eventually(() => stage.rate.get() === rate * 10);
    }
    assert.ok(!stage.changes.some((change) => change.endsWith('>1')), 'never fell back to the default');
  });

  it('follows when a folder on the way is replaced', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    for (const top of ['top', 'next']) mkdirSync(temp.join(top, 'mid', 'cfg'), { recursive: true });
    writeFileSync(temp.join('top', 'mid', 'cfg', 'rate'), '2');
    writeFileSync(temp.join('next', 'mid', 'cfg', 'rate'), '3');
    await stage.watch(configMapMountSource(temp.join('top', 'mid', 'cfg'), NEVER));
    renameSync(temp.join('top'), temp.join('old'));
    renameSync(temp.join('next'), temp.join('top'));
    await eventually(() => stage.rate.get() === 3);
  });
});

describeOnVolumes('configMapMountSource() on a mounted volume that is replaced', (it, mount) => {
  it('follows on after the directory was replaced (W29)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    await mount(dir, { rate: '2' });
    await stage.watch(configMapMountSource(dir, NEVER));
    const next = await mount(temp.join('next'), { rate: '3' });
    renameSync(dir, temp.join('old'));
    renameSync(next.dir, dir);
    next.dir = dir;
    await eventually(() => stage.rate.get() === 3);
    for (const rate of ['4', '5']) {
      await next.write({ rate });
      await eventually(() => stage.rate.get() === Number(rate));
    }
  });

  it('keeps its values while the directory is deleted and made again', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    await mount(dir, { rate: '2', label: 'a' });
    await stage.watch(configMapMountSource(dir, NEVER));
    for (const rate of ['3', '4', '5']) {
      rmSync(dir, { recursive: true });
      await eventually(() => stage.state === 'stale');
      assert.is(stage.label.get(), 'a');
      mkdirSync(dir);
      await mount(dir, { rate, label: 'a' });
      await eventually(() => stage.rate.get() === Number(rate) && stage.state === 'live');
    }
    assert.equal(stage.changes, ['rate 2>3', 'rate 3>4', 'rate 4>5']);
  });

  it('waits for a volume that is being set up again, values and all', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    await mount(dir, { rate: '2' });
    await stage.watch(configMapMountSource(dir, NEVER));
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    await eventually(() => stage.lastError?.includes('is empty; it was a ConfigMap volume, which is gone') === true);
    const half = temp.join('cfg', '..2026_01_02_03_04_05.1');
    mkdirSync(half);
    await eventually(() => stage.lastError?.includes('has no ..data: the volume is being set up, or removed') === true);
    assert.equal([stage.rate.get(), stage.state, stage.changes], [2, 'stale', []]);
    writeFileSync(temp.join('cfg', '..2026_01_02_03_04_05.1', 'rate'), '3');
    symlinkSync('..2026_01_02_03_04_05.1', temp.join('cfg', '..data'));
    await eventually(() => stage.rate.get() === 3 && stage.state === 'live');
  });

  it('says so when the current version lacks files, and keeps the values', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const volume = await mount(temp.join('cfg'), { rate: '2' });
    await stage.watch(configMapMountSource(volume.dir, NEVER));
    symlinkSync('..2026_gone', temp.join('cfg', '..data_tmp'));
    renameSync(temp.join('cfg', '..data_tmp'), temp.join('cfg', '..data'));
    await eventually(() => stage.lastError?.includes('or its ..data lacks files') === true);
    assert.equal([stage.rate.get(), stage.state], [2, 'stale']);
    await volume.write({ rate: '3' });
    await eventually(() => stage.rate.get() === 3 && stage.state === 'live');
  });

  it('follows a link to the volume, and the link when it points elsewhere', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const blue = await mount(temp.join('blue'), { rate: '2' });
    const green = await mount(temp.join('green'), { rate: '3' });
    symlinkSync('blue', temp.join('cfg'));
    await stage.watch(configMapMountSource(temp.join('cfg'), NEVER));
    symlinkSync('green', temp.join('cfg_tmp'));
    renameSync(temp.join('cfg_tmp'), temp.join('cfg'));
    await eventually(() => stage.rate.get() === 3);
    await green.write({ rate: '4' });
    await eventually(() => stage.rate.get() === 4);
    await blue.write({ rate: '5' });
    await green.write({ rate: '6' });
    await eventually(() => stage.rate.get() === 6);
    assert.equal(stage.changes, ['rate 2>3', 'rate 3>4', 'rate 4>6']);
  });
});

describe('configMapMountSource() on two volumes', (it) => {
  it('tells a volume from its copy of the same version', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    // Only an imitation names versions so that two volumes have the same.
    new MountedVolume(temp.join('cfg')).write({ rate: '2' });
    const copy = new MountedVolume(temp.join('copy'));
    copy.write({ rate: '3' });
    await stage.watch(configMapMountSource(temp.join('cfg'), NEVER));
    renameSync(temp.join('cfg'), temp.join('old'));
    renameSync(temp.join('copy'), temp.join('cfg'));
    await eventually(() => stage.rate.get() === 3);
  });
});
