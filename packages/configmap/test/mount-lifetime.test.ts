// timeout: 300 s
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, int } from '@flagz/core';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { MountedVolume } from './mounted-volume.ts';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';
import { timeOf, withinASecond } from './within-a-second.ts';

const NEVER = { rescanMs: 100_000_000 };

describe('configMapMountSource() from start to stop', (it) => {
  it('refuses options that make no sense', () => {
    throws(() => configMapMountSource(''), 'configMapMountSource: the directory must not be an empty text');
    for (const rescanMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      throws(
        () => configMapMountSource('/etc/flagz', { rescanMs }),
        `source "mount /etc/flagz": rescanMs must be from 1 to 1000000000 milliseconds, got ${rescanMs}`,
      );
    }
  });

  it('gives a source that scans rarely more time before it is stale', () => {
    assert.is(configMapMountSource('/etc/flagz').staleAfterMs, 60_000);
    assert.is(configMapMountSource('/etc/flagz', { rescanMs: 60_000 }).staleAfterMs, 180_000);
  });

  it('recovers what the system dropped when too many events came at once (W26)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    mkdirSync(temp.join('cfg'));
    writeFileSync(temp.join('cfg', 'rate'), '2');
    await stage.watch(configMapMountSource(temp.join('cfg'), { rescanMs: 200 }));
    const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
    // While this process is blocked, its queue fills with names that are not ours: our own event does not fit any more.
    const flood = `const fs = require('fs'); const [dir, file, most] = process.argv.slice(1);
      for (let n = 0; n <= most; n++) { fs.writeFileSync(dir + '/x' + n, ''); fs.unlinkSync(dir + '/x' + n); }
      fs.writeFileSync(file, '3');`;
    execFileSync(process.execPath, ['-e', flood, temp.path, temp.join('cfg', 'rate'), String(most)]);
    await eventually(() => stage.rate.get() === 3);
    writeFileSync(temp.join('cfg', 'rate'), '4');
    await eventually(() => stage.rate.get() === 4);
  });

  it('ends at once when it is stopped during the first reading', async () => {
    using temp = tempDir();
    const values = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`flag${index}`, '1']));
    const volume = new MountedVolume(temp.join('cfg'));
    volume.write(values);
    for (const turns of [1, 5, 20, 100]) {
      await withinASecond(async () => {
        const flags = new FlagSet('stopped');
        const rate = flags.dynamic('flag0', int, 0, 'One of many.');
        const watcher = await flags.watch(configMapMountSource(volume.dir), { required: false });
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        const before = rate.get();
        const tookMs = await timeOf(() => watcher.stop());
        assert.equal([rate.get(), openFiles().filter((path) => path.startsWith(temp.path))], [before, []]);
        return tookMs;
      });
    }
  });

  it('leaves neither files nor watches behind in 1,000 starts and stops (W24)', async () => {
    using temp = tempDir();
    const volume = new MountedVolume(temp.join('cfg'));
    volume.write({ rate: '2' });
    mkdirSync(temp.join('plain'));
    const cycle = async (dir: string): Promise<void> => {
      const flags = new FlagSet('cycle');
      flags.dynamic('rate', int, 1, 'A number.');
      const watcher = await flags.watch(configMapMountSource(dir));
      await watcher.stop();
    };
    await cycle(volume.dir);
    // The runtime opens and closes files of its own meanwhile; what lies in the folders of the test is ours.
    const left = () => ({ files: openFiles().filter((path) => path.startsWith(temp.path)), watches: inotifyWatches() });
    const before = left();
    assert.equal(before.files, []);
    for (let round = 0; round < 900; round++) await cycle(volume.dir);
    for (let round = 0; round < 100; round++) await cycle(temp.join('plain'));
    await eventually(() => assert.equal(left(), before));
  });

  it('can be started again after it was stopped (W24)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    const source = configMapMountSource(temp.path, NEVER);
    const first = await stage.watch(source);
    await first.stop();
    await first.stop();
    writeFileSync(temp.join('rate'), '3');
    await stage.watch(source);
    assert.is(stage.rate.get(), 3);
    await stage.watcher?.stop();
    rmSync(temp.path, { recursive: true });
    await rejects(stage.watch(source), /does not exist; create it/);
  });
});

/** Lists what this process has open. */
function openFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // That was the descriptor of the listing itself.
      return [];
    }
  });
}

/** Counts the watches of this process. */
function inotifyWatches(): number {
  const counts = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('inotify wd:')).length;
    } catch {
      return 0;
    }
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
