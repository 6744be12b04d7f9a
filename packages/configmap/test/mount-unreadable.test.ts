// timeout: 300 s
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { string } from '@flagz/core';
import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';

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

describe('configMapMountSource() on what cannot be read', (it) => {
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
      for (const name of ['secret', 'dangling', 'loop']) stage.flags.dynamic(name, string, '', 'A text.');
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

  it('starts with an unreadable file that is no flag, and reports it', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    symlinkSync('nowhere', temp.join('nobody'));
    await stage.watch(configMapMountSource(temp.path, NEVER));
    assert.match(stage.lastError ?? '', /"[^"]+nobody" is a symbolic link to nothing; mend it, or remove it$/);
    assert.equal([stage.rate.get(), stage.state], [2, 'live']);
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
    for (let index = 0; index < 150; index++) {
      symlinkSync('nowhere', temp.join(`flag${index}`));
      stage.flags.dynamic(`flag${index}`, string, '', 'A text.');
    }
    const { message } = await rejects(stage.watch(configMapMountSource(temp.path)), /; and 50 more$/);
    assert.is(message.split('symbolic link to nothing').length - 1, 100);
  });
});
