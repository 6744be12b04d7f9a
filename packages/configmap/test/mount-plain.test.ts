import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { configMapMountSource } from '@flagz/configmap';
import { type FlagType, FlagSet, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';

const NEVER = { rescanMs: 100_000_000 };

/** Takes bytes as they are. */
const bytes: FlagType<Uint8Array> = {
  name: 'bytes',
  parse: (text) => Buffer.from(text, 'utf8'),
  parseBytes: (raw) => raw,
  format: (value) => Buffer.from(value).toString('hex'),
};

describe('configMapMountSource() on a plain directory', (it) => {
  it('gives texts without their last newline, and bytes as they are to types that read bytes', async () => {
    using temp = tempDir();
    const flags = new FlagSet('texts');
    const cases = {
      plain: ['a', 'a', '61'],
      newline: ['a\n', 'a', '610a'],
      crlf: ['a\r\n', 'a', '610d0a'],
      two: ['a\n\n', 'a\n', '610a0a'],
      only: ['\n', '', '0a'],
      empty: ['', '', ''],
      inner: ['a\nb', 'a\nb', '610a62'],
      utf8: ['é\n', 'é', 'c3a90a'],
      binary: [Buffer.from([0xff, 0x00, 0x0a]), undefined, 'ff000a'],
    } as const;
    const all = Object.entries(cases).map(([name, [content, text, hex]]) => {
      writeFileSync(temp.join(name), content);
      writeFileSync(temp.join(`text_${name}`), text === undefined ? '' : content);
      return {
        bytes: flags.dynamic(name, bytes, new Uint8Array(), 'Bytes.'),
        words: flags.dynamic(`text_${name}`, string, '?', 'A text.'),
        expected: [hex, text ?? ''],
      };
    });
    await using watcher = await flags.watch(configMapMountSource(temp.path, NEVER));
    for (const { bytes: raw, words, expected } of all) assert.equal([raw.text, words.get()], expected, raw.name);
    // Equal bytes are no change: not in the version, not to a notifier.
    const { version } = flags;
    writeFileSync(temp.join('binary'), cases.binary[0]);
    writeFileSync(temp.join('plain'), 'b');
    await eventually(() => flags.find('plain')?.text === '62');
    assert.equal([flags.version, watcher.state], [version + 1, 'live']);
  });

  it('reads a file of 1 MiB', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    const large = 'ü'.repeat(512 * 1024);
    writeFileSync(temp.join('label'), large);
    await stage.watch(configMapMountSource(temp.path, NEVER));
    assert.ok(stage.label.get() === large);
  });

  it('follows in-place writes, once each (W27, W30)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2\n');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    for (const rate of [3, 4, 5]) {
      writeFileSync(temp.join('rate'), `${rate}\n`);
      await eventually(() => stage.rate.get() === rate);
    }
    assert.equal(stage.changes, ['rate 2>3', 'rate 3>4', 'rate 4>5']);
  });

  it('takes no half-written file for a value (W30)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('label'), 'before');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    const file = openSync(temp.join('label'), 'w');
    await delay(40);
    for (const part of ['af', 't', 'er']) {
      writeSync(file, part);
      await delay(5);
    }
    closeSync(file);
    await eventually(() => stage.label.get() === 'after');
    assert.equal(stage.changes, ['label before>after']);
  });

  it('lets a file that never rests keep its value, and goes on with the others', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('label'), 'before');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    using elsewhere = tempDir();
    const script = `const fs = require('fs'); const [file, end] = process.argv.slice(1); let n = 0;
      while (!fs.existsSync(end)) fs.writeFileSync(file, 'x' + n++); fs.writeFileSync(file, 'after')`;
    const args = ['-e', script, temp.join('label'), elsewhere.join('end')];
    const restless = spawn(process.execPath, args, { stdio: 'inherit' });
    const exited = once(restless, 'exit');
    await eventually(() => readFileSync(temp.join('label'), 'utf8').startsWith('x'));
    writeFileSync(temp.join('rate'), '2');
    await eventually(() => stage.rate.get() === 2, { withinMs: 20_000 });
    assert.is(restless.exitCode, null);
    writeFileSync(elsewhere.join('end'), '');
    await exited;
    await eventually(() => stage.label.get() === 'after');
  });

  it("follows editors' atomic renames, and takes their leftovers for no keys (W30)", async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    const leftovers = ['rate~', '.rate.swp', 'rate.swp', '#rate#', '.#rate', '4913', 'rate.tmp', '.hidden'];
    for (const name of leftovers) writeFileSync(temp.join(name), 'x');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    for (const rate of [3, 4]) {
      writeFileSync(temp.join('rate.tmp'), String(rate));
      renameSync(temp.join('rate.tmp'), temp.join('rate'));
      await eventually(() => stage.rate.get() === rate);
    }
    // As vim does with `backupcopy=no`: the file is away for a moment.
    renameSync(temp.join('rate'), temp.join('rate~'));
    writeFileSync(temp.join('rate'), '5');
    await eventually(() => stage.rate.get() === 5);
    assert.equal([stage.changes, stage.unknown], [['rate 2>3', 'rate 3>4', 'rate 4>5'], []]);
  });

  it('takes a deleted file for a fall-back (W32)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    await stage.watch(configMapMountSource(temp.path, NEVER));
    unlinkSync(temp.join('rate'));
    await eventually(() => stage.rate.get() === 1);
    assert.equal([stage.state, stage.lastError], ['live', undefined]);
  });

  it('takes folders, pipes and links to them for no keys, and reports keys that are no flag (W31)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    writeFileSync(temp.join('rate'), '2');
    writeFileSync(temp.join('nobody'), 'x');
    mkdirSync(temp.join('label'));
    symlinkSync('label', temp.join('link-to-folder'));
    execFileSync('mkfifo', [temp.join('pipe')]);
    symlinkSync('pipe', temp.join('link-to-pipe'));
    await stage.watch(configMapMountSource(temp.path, NEVER));
    assert.equal([stage.rate.get(), stage.label.get(), stage.unknown], [2, 'none', ['nobody']]);
  });

  it('ignores a directory whose name begins the same (W30)', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    mkdirSync(temp.join('cfg'));
    mkdirSync(temp.join('cfg_old'));
    writeFileSync(temp.join('cfg', 'rate'), '2');
    await stage.watch(configMapMountSource(temp.join('cfg'), NEVER));
    writeFileSync(temp.join('cfg_old', 'rate'), '3');
    writeFileSync(temp.join('cfg', 'label'), 'a');
    await eventually(() => stage.label.get() === 'a');
    assert.is(stage.rate.get(), 2);
  });

  it('takes a relative directory from where the program was when it asked', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    mkdirSync(temp.join('cfg'));
    writeFileSync(temp.join('cfg', 'rate'), '2');
    const home = process.cwd();
    process.chdir(temp.path);
    const source = configMapMountSource('cfg', NEVER);
    process.chdir(home);
    assert.is(source.name, 'mount cfg');
    await stage.watch(source);
    assert.is(stage.rate.get(), 2);
  });

  it('compares contents, not times, when it scans again', async () => {
    using temp = tempDir();
    await using stage = new Stage();
    mkdirSync(temp.join('elsewhere'));
    mkdirSync(temp.join('cfg'));
    writeFileSync(temp.join('elsewhere', 'rate'), '2');
    symlinkSync('../elsewhere/rate', temp.join('cfg', 'rate'));
    const watcher = await stage.watch(configMapMountSource(temp.join('cfg'), { rescanMs: 100 }));
    // No event of the directory tells of a write to the file that a link in it points at.
    writeFileSync(temp.join('elsewhere', 'rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    const { lastSuccess = 0 } = watcher.status;
    await eventually(() => (watcher.status.lastSuccess ?? 0) > lastSuccess);
    assert.equal(stage.changes, ['rate 2>3']);
  });
});
