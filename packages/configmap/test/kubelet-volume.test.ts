import { mkdirSync, renameSync } from 'node:fs';
import { type DynamicFlag, FlagSet, type RawValue, int } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { assert, describe } from '@flagz/test-runner';
import { VolumeWriter, whyNoVolumeWriter } from '@flagz/testbed';
import { type SourceHarness, eventually, sourceContract } from '@flagz/testing';
import { tempDir } from './temp-dir.ts';
import { KEYS, versionOf } from './versions.ts';

const SWAPS = 2_000;
const missing = whyNoVolumeWriter();

/** Makes a volume that is interrupted by moving its folder away. */
async function makeHarness(initial: Readonly<Record<string, RawValue>>): Promise<SourceHarness> {
  const temp = tempDir();
  const writer = new VolumeWriter();
  const [home, away] = [temp.join('flagz'), temp.join('away')];
  let folder = home;
  const values: Record<string, RawValue> = { ...initial };
  mkdirSync(home);
  await writer.write(folder, values);
  return {
    source: configMapMountSource(home),
    put: (changes) => writer.write(folder, Object.assign(values, changes)),
    async remove(key) {
      delete values[key];
      await writer.write(folder, values);
    },
    async interrupt() {
      renameSync(home, away);
      folder = away;
    },
    async restore() {
      renameSync(away, home);
      folder = home;
    },
    async close() {
      await writer.stop();
      temp[Symbol.dispose]();
    },
  };
}

if (!missing) {
  sourceContract(
    (name, body) => describe(`${name}: configMapMountSource() on a volume of the kubelet's`, body),
    makeHarness,
  );
}

describe("configMapMountSource() on a volume of the kubelet's", (it) => {
  const title = `never mixes two of ${SWAPS} versions`;
  const test = async (): Promise<void> => {
    using temp = tempDir();
    const folder = temp.join('flagz');
    mkdirSync(folder);
    const writer = new VolumeWriter();
    const flags = new FlagSet('swaps');
    const all: readonly DynamicFlag<number>[] = KEYS.map((key) => flags.dynamic(key, int, 0, key));
    const mixed: string[] = [];
    let seen = 0;
    flags.dynamic('odd', int, -1, 'Only in odd versions.');
    all.at(-1)?.withNotifier(() => {
      seen++;
      const versions = new Set(all.map((flag) => flag.get()));
      if (versions.size !== 1) mixed.push([...versions].join());
    });
    await writer.write(folder, versionOf(0));
    await using watcher = await flags.watch(configMapMountSource(folder));
    for (let version = 1; version <= SWAPS; version++) await writer.write(folder, versionOf(version));
    await eventually(() => all[0]?.get() === SWAPS);
    await writer.stop();
    assert.equal(mixed, []);
    assert.ok(seen > 10, `${seen} versions seen`);
    assert.is(watcher.status.restarts, 0);
  };
  if (missing) it.skip(title, missing, test);
  else it(title, test);
});
