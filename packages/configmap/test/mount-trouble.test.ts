// timeout: 300 s
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, int } from '@flagz/core';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { mountedVolume } from './mounted-volume.ts';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';
import { watchInNamespace, whyNot } from './watching-child.ts';

const NEVER = { rescanMs: 100_000_000 };
const NOBODY = 65_534;

/** Runs as a user whom permissions bind; root reads everything. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('configMapMountSource() in trouble', (it) => {
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

  it('fails the start at once where the directory does not exist', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    await rejects(
      stage.watch(configMapMountSource(dir)),
      `source "mount ${dir}": "${dir}" does not exist; create it, or mount the ConfigMap there`,
    );
  });

  it('fails the start at once where it is not a directory', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const dir = temp.join('cfg');
    writeFileSync(dir, '2');
    await rejects(
      stage.watch(configMapMountSource(dir)),
      `source "mount ${dir}": "${dir}" is not a directory; name the directory that holds a file for each flag`,
    );
  });

  it('fails the start at once where the directory may not be read', async () => {
    using temp = tempDir();
    const dir = temp.join('cfg');
    mkdirSync(dir, { mode: 0o700 });
    chmodSync(dir, process.getuid?.() === 0 ? 0o700 : 0o000);
    await asNobody(async () => {
      await using stage = new Stage();
      await rejects(
        stage.watch(configMapMountSource(dir)),
        new RegExp(`"${dir}" cannot be opened: EACCES: permission denied; let user \\d+ read it$`),
      );
    });
  });

  it('fails the start with every unreadable file named, and applies the good ones', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('rate'), '2');
    for (const name of ['secret', 'label']) {
      writeFileSync(temp.join(name), 'x');
      chmodSync(temp.join(name), 0o000);
    }
    symlinkSync('nowhere', temp.join('dangling'));
    symlinkSync('loop', temp.join('loop'));
    await asNobody(async () => {
      await using stage = new Stage();
      const { message } = await rejects(stage.watch(configMapMountSource(temp.path)), Error);
      for (const [name, what] of [
        ['secret', 'cannot be read: EACCES: permission denied; let user '],
        ['label', 'cannot be read: EACCES: permission denied; let user '],
        ['dangling', 'is a symbolic link to nothing; mend it, or remove it'],
        [
          'loop',
          'cannot be read: ELOOP: too many symbolic links encountered; its symbolic links lead back to themselves',
        ],
      ] as const) {
        assert.ok(message.includes(`"${temp.join(name)}" ${what}`), message);
      }
      assert.equal([stage.rate.get(), stage.state], [2, 'stopped']);
    });
  });

  it('takes what there is, and reports the rest, where it is not required', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    symlinkSync('nowhere', temp.join('label'));
    await stage.watch(configMapMountSource(temp.path, NEVER), { required: false });
    await eventually(() => stage.state === 'live' && stage.lastError?.includes('symbolic link to nothing') === true);
    assert.is(stage.rate.get(), 2);
    writeFileSync(temp.join('rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    writeFileSync(temp.join('nowhere'), 'a');
    await eventually(() => stage.label.get() === 'a');
    assert.is(stage.states.filter((state) => state.startsWith('live: ')).length, 1);
  });

  it('lets a file that becomes unreadable keep its value, reports it once, and follows the others', async () => {
    using temp = tempDir();
    chmodSync(temp.path, 0o777);
    await asNobody(async () => {
      await using stage = new Stage();
      writeFileSync(temp.join('rate'), '2');
      writeFileSync(temp.join('label'), 'b');
      const watcher = await stage.watch(configMapMountSource(temp.path, NEVER));
      chmodSync(temp.join('label'), 0o000);
      await eventually(() => stage.lastError !== undefined);
      assert.match(
        stage.lastError ?? '',
        /^source "[^"]+": "[^"]+label" cannot be read: EACCES: permission denied; let user/,
      );
      for (const rate of [3, 4]) {
        writeFileSync(temp.join('rate'), String(rate));
        await eventually(() => stage.rate.get() === rate);
      }
      assert.equal([stage.label.get(), stage.state, watcher.status.restarts, stage.states.length], ['b', 'live', 0, 2]);
      chmodSync(temp.join('label'), 0o644);
      writeFileSync(temp.join('label'), 'c');
      await eventually(() => stage.label.get() === 'c');
    });
  });

  it('reports a file that is too large, instead of filling the memory with it', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    writeFileSync(temp.join('disk'), Buffer.alloc(16 * 1024 * 1024 + 1));
    await eventually(
      () => stage.lastError?.endsWith('disk" is larger than 16777216 bytes; move it elsewhere') === true,
    );
    await eventually(() => stage.state === 'live');
    assert.is(stage.rate.get(), 2);
  });

  it('names a hundred problems, and counts the rest', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    for (let index = 0; index < 150; index++) symlinkSync('nowhere', temp.join(`flag${index}`));
    const { message } = await rejects(stage.watch(configMapMountSource(temp.path)), /; and 50 more$/);
    assert.is(message.split('symbolic link to nothing').length - 1, 100);
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
    const volume = mountedVolume(temp.join('cfg'), values);
    for (const turns of [1, 5, 20, 100]) {
      const flags = new FlagSet('stopped');
      const rate = flags.dynamic('flag0', int, 0, 'One of many.');
      const watcher = await flags.watch(configMapMountSource(volume.dir), { required: false });
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      const [begun, before] = [performance.now(), rate.get()];
      await watcher.stop();
      assert.ok(performance.now() - begun < 1_000, 'stops within a second');
      assert.equal([rate.get(), openFiles().filter((path) => path.startsWith(temp.path))], [before, []]);
    }
  });

  it('leaves neither files nor watches behind in 1,000 starts and stops (W24)', async () => {
    using temp = tempDir();
    const volume = mountedVolume(temp.join('cfg'), { rate: '2' });
    mkdirSync(temp.join('plain'));
    const cycle = async (dir: string): Promise<void> => {
      const flags = new FlagSet('cycle');
      flags.dynamic('rate', int, 1, 'A number.');
      const watcher = await flags.watch(configMapMountSource(dir));
      await watcher.stop();
    };
    await cycle(volume.dir);
    const before = { files: openFiles().length, watches: inotifyWatches() };
    for (let round = 0; round < 900; round++) await cycle(volume.dir);
    for (let round = 0; round < 100; round++) await cycle(temp.join('plain'));
    await eventually(() => assert.equal({ files: openFiles().length, watches: inotifyWatches() }, before));
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

describe('configMapMountSource() where the system refuses to watch', (it) => {
  const namespaces = ['--user', '--map-root-user'];
  const setUp = 'echo 0 > /proc/sys/user/max_inotify_watches';
  const reason = whyNot(namespaces, setUp);
  const test = (title: string, run: () => Promise<void>): void =>
    reason === undefined ? it(title, run) : it.skip(title, `needs a user namespace: ${reason}`, run);

  test('looks every second instead, says so once, and says what to do', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('rate'), '2');
    const child = watchInNamespace({ namespaces, setUp, dir: temp.path });
    await eventually(() => child.said.some(({ started }) => started === 2), { withinMs: 20_000 });
    await eventually(() => child.said.some(({ error }) => String(error).includes('cannot be watched')));
    writeFileSync(temp.join('rate'), '3');
    await eventually(() => child.said.some(({ rate }) => rate === '3'));
    assert.is(await child.end(), 0);
    const errors = child.said.filter(({ error }) => error !== undefined);
    assert.is(errors.length, 1);
    assert.match(
      String(errors[0]?.['error']),
      new RegExp(
        `"${temp.path}" cannot be watched, so it is looked at every second: ENOSPC: System limit for number of file watchers reached; raise the sysctl fs.inotify.max_user_watches`,
      ),
    );
  });
});

describe('configMapMountSource() on a subPath mount', (it) => {
  // As root in a mount namespace alone; else with a user namespace around it.
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const probe = tempDir();
  const reason = whyNot(
    namespaces,
    `mkdir ${probe.join('a')} ${probe.join('b')}; mount --bind ${probe.join('a')} ${probe.join('b')}`,
  );
  probe[Symbol.dispose]();
  const test = (title: string, run: () => Promise<void>): void =>
    reason === undefined ? it(title, run) : it.skip(title, `needs bind mounts: ${reason}`, run);

  test('fails the start with what to do, for a single key', async () => {
    using temp = tempDir();
    const { volume, dir } = mountable(temp);
    const setUp = `touch ${dir}/rate; mount --bind ${volume.dir}/${volume.revision}/rate ${dir}/rate`;
    const child = watchInNamespace({ namespaces, setUp, dir });
    await eventually(() => child.said.length > 0, { withinMs: 20_000 });
    assert.is(await child.end(), 0);
    const failed = `source "mount ${dir}": "${dir}/rate" is a subPath mount, which Kubernetes never updates; mount the whole volume, without subPath, on a directory of its own`;
    assert.equal(child.said.at(-1), { failed, rate: 2 });
  });

  test('fails the start for a folder, and after the version is gone too', async () => {
    using temp = tempDir();
    const { volume, dir } = mountable(temp);
    const setUp = `mount --bind ${volume.dir}/${volume.revision} ${dir}; rm -r ${volume.dir}/..2*`;
    const child = watchInNamespace({ namespaces, setUp, dir });
    await eventually(() => child.said.length > 0, { withinMs: 20_000 });
    assert.is(await child.end(), 0);
    assert.match(String(child.said.at(-1)?.['failed']), `"${dir}" is a subPath mount, which Kubernetes never updates`);
  });

  test('gives the values where it is not required, and says so', async () => {
    using temp = tempDir();
    const { volume, dir } = mountable(temp);
    const setUp = `touch ${dir}/rate; mount --bind ${volume.dir}/${volume.revision}/rate ${dir}/rate`;
    const child = watchInNamespace({ namespaces, setUp, dir, args: ['not-required'] });
    const isSaid = ({ state, error }: Readonly<Record<string, unknown>>): boolean =>
      state === 'live' && String(error).includes('is a subPath mount');
    await eventually(() => child.said.some(isSaid), { withinMs: 20_000 });
    assert.ok(child.said.some(({ rate }) => rate === '2'));
    assert.is(await child.end(), 0);
  });
});

function mountable(temp: ReturnType<typeof tempDir>) {
  mkdirSync(temp.join('etc'));
  return { volume: mountedVolume(temp.join('cfg'), { rate: '2' }), dir: temp.join('etc') };
}

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
