// timeout: 300 s
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { fileFlagSource } from '@flagz/configmap';
import { FlagSet, type Watcher, int, string } from '@flagz/core';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually, memorySource } from '@flagz/testing';
import { describeOnVolumes } from './each-volume.ts';
import { tempDir } from './temp-dir.ts';

const NEVER = { rescanMs: 100_000_000 };

/** Is a flag set with two flags that may come from files. */
class FileStage implements AsyncDisposable {
  readonly flags = new FlagSet('files');
  readonly rate = this.flags.dynamic('rate', int, 1, 'A number.');
  readonly limits = this.flags.dynamic('limits', string, 'none', 'A text.');
  readonly port = this.flags.static('port', int, 80, 'A static number.');
  readonly changes: string[] = [];
  watcher: Watcher | undefined;

  constructor(paths: Readonly<Record<string, string>>) {
    for (const flag of [this.rate, this.limits, this.port]) this.flags.fileFlag(flag);
    this.flags.load({ name: 'command line', kind: 'command line' }, Object.entries(paths));
    this.flags.subscribe((event) => {
      if (event.kind === 'change') this.changes.push(`${event.flag} ${event.previous}>${event.next}`);
    });
  }

  async watch(options = NEVER): Promise<Watcher> {
    this.watcher = await this.flags.watch(fileFlagSource(this.flags, options), { backoff: { maxMs: 100 } });
    this.changes.length = 0;
    return this.watcher;
  }

  get state(): string | undefined {
    return this.watcher?.state;
  }

  get lastError(): string | undefined {
    return this.watcher?.status.lastError?.message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher?.stop();
  }
}

describe('fileFlagSource()', (it) => {
  it('reads what the paths point at, of static flags too', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('rate.txt'), '2\n');
    writeFileSync(temp.join('port.txt'), '8080\r\n');
    await using stage = new FileStage({ rate_path: temp.join('rate.txt'), port_path: temp.join('port.txt') });
    const watcher = await stage.watch();
    assert.equal([stage.rate.get(), stage.port.get(), stage.limits.get()], [2, 8080, 'none']);
    assert.equal([watcher.source, stage.rate.source, watcher.state], ['flag files', 'flag files', 'live']);
  });

  it('is an empty layer without paths', async () => {
    await using stage = new FileStage({});
    await stage.watch();
    assert.equal([stage.rate.get(), stage.rate.source, stage.state], [1, 'default', 'live']);
  });

  it('refuses options that make no sense', () => {
    throws(
      () => fileFlagSource(new FlagSet('files'), { name: 'mine', rescanMs: 0 }),
      'source "mine": rescanMs must be from 1 to 1000000000 milliseconds, got 0',
    );
  });

  it('follows in-place writes and atomic renames, wherever the files are', async () => {
    using temp = tempDir();
    for (const name of ['a', 'b']) mkdirSync(temp.join(name));
    writeFileSync(temp.join('a', 'rate'), '2');
    writeFileSync(temp.join('b', 'limits'), 'x');
    await using stage = new FileStage({ rate_path: temp.join('a', 'rate'), limits_path: temp.join('b', 'limits') });
    await stage.watch();
    writeFileSync(temp.join('a', 'rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    writeFileSync(temp.join('b', 'limits.tmp'), 'y');
    renameSync(temp.join('b', 'limits.tmp'), temp.join('b', 'limits'));
    await eventually(() => stage.limits.get() === 'y');
    assert.equal(stage.changes, ['rate 2>3', 'limits x>y']);
  });

  it('follows a path flag that changes, and one that becomes empty', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('one'), '2');
    writeFileSync(temp.join('two'), '3');
    await using stage = new FileStage({ rate_path: temp.join('one') });
    await stage.watch();
    const above = memorySource();
    await using paths = await stage.flags.watch(above);
    above.set('rate_path', temp.join('two'));
    await eventually(() => stage.rate.get() === 3);
    writeFileSync(temp.join('two'), '4');
    await eventually(() => stage.rate.get() === 4);
    above.set('rate_path', '');
    await eventually(() => stage.rate.get() === 1);
    assert.equal([stage.state, stage.lastError, paths.state], ['live', undefined, 'live']);
  });

  it('names every flag and path that cannot be read when it refuses to start (W35)', async () => {
    using temp = tempDir();
    mkdirSync(temp.join('folder'));
    writeFileSync(temp.join('port'), '8080');
    const [gone, folder] = [temp.join('gone'), temp.join('folder')];
    await using stage = new FileStage({ rate_path: gone, limits_path: folder, port_path: temp.join('port') });
    await rejects(
      stage.watch(),
      `source "flag files": flag "rate": "${gone}" cannot be read: ENOENT: no such file or directory; ` +
        `flag "limits": "${folder}" is not a file; name a file that holds the text of the flag`,
    );
    // As with refused values: the good ones count.
    assert.is(stage.port.get(), 8080);
  });

  it('keeps the last good value of a file that is gone, reports it once, and takes it up again', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('rate'), '2');
    writeFileSync(temp.join('limits'), 'x');
    await using stage = new FileStage({ rate_path: temp.join('rate'), limits_path: temp.join('limits') });
    const watcher = await stage.watch();
    unlinkSync(temp.join('rate'));
    await eventually(() => stage.lastError !== undefined);
    const gone = `source "flag files": flag "rate": "${temp.join('rate')}" cannot be read: ENOENT: no such file or directory`;
    assert.equal([stage.rate.get(), stage.lastError, stage.state], [2, gone, 'live']);
    writeFileSync(temp.join('limits'), 'y');
    await eventually(() => stage.limits.get() === 'y');
    writeFileSync(temp.join('rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    assert.equal([stage.changes, watcher.status.restarts], [['limits x>y', 'rate 2>3'], 0]);
  });

  it('keeps the value while the folder is replaced by another', async () => {
    using temp = tempDir();
    mkdirSync(temp.join('cfg'));
    writeFileSync(temp.join('cfg', 'rate'), '2');
    await using stage = new FileStage({ rate_path: temp.join('cfg', 'rate') });
    await stage.watch();
    rmSync(temp.join('cfg'), { recursive: true });
    await eventually(() => stage.lastError?.includes('ENOENT') === true);
    mkdirSync(temp.join('cfg'));
    writeFileSync(temp.join('cfg', 'rate'), '3');
    await eventually(() => stage.rate.get() === 3);
    assert.equal(stage.changes, ['rate 2>3']);
  });

  it('follows a link to a file when it points elsewhere, and the file that it points at', async () => {
    using temp = tempDir();
    for (const [name, text] of Object.entries({ one: '2', two: '3' })) {
      mkdirSync(temp.join(name));
      writeFileSync(temp.join(name, 'rate'), text);
    }
    symlinkSync('one/rate', temp.join('rate'));
    await using stage = new FileStage({ rate_path: temp.join('rate') });
    await stage.watch();
    symlinkSync('two/rate', temp.join('tmp'));
    renameSync(temp.join('tmp'), temp.join('rate'));
    await eventually(() => stage.rate.get() === 3);
    writeFileSync(temp.join('two', 'rate'), '4');
    await eventually(() => stage.rate.get() === 4);
  });
});

describeOnVolumes('fileFlagSource() on a mounted volume', (it, mount) => {
  it('follows files in a mounted volume, and a version arrives as one batch', async () => {
    using temp = tempDir();
    const volume = await mount(temp.join('cfg'), { rate: '2', limits: '2' });
    await using stage = new FileStage({ rate_path: temp.join('cfg', 'rate'), limits_path: temp.join('cfg', 'limits') });
    await stage.watch();
    for (const text of ['3', '4', '5']) {
      const { version } = stage.flags;
      await volume.write({ rate: text, limits: text });
      await eventually(() => stage.limits.get() === text);
      assert.equal([stage.rate.get(), stage.flags.version], [Number(text), version + 1]);
    }
  });

  it('never mixes two of a thousand versions of a volume', async () => {
    using temp = tempDir();
    const volume = await mount(temp.join('cfg'), { a: '0\n', b: '0\n' });
    const flags = new FlagSet('swaps');
    const [left, right] = ['left', 'right'].map((name) => flags.dynamic(name, int, -1, 'A number.'));
    for (const flag of [left, right]) if (flag) flags.fileFlag(flag);
    flags.load({ name: 'paths', kind: 'command line' }, [
      ['left_path', temp.join('cfg', 'a')],
      ['right_path', temp.join('cfg', 'b')],
    ]);
    const mixed: string[] = [];
    left?.withNotifier((next) => {
      if (next !== right?.get()) mixed.push(`${next} with ${right?.get()}`);
    });
    await using watcher = await flags.watch(fileFlagSource(flags, NEVER));
    await volume.race(1000);
    await eventually(() => right?.get() === 1000);
    assert.equal([mixed, watcher.state], [[], 'live']);
  });
});
