import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawValue } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { describe } from '@flagz/test-runner';
import { type SourceHarness, sourceContract } from '@flagz/testing';
import { type Volume, eachVolume } from './each-volume.ts';
import { tempDir } from './temp-dir.ts';

/** Makes an origin that is interrupted by moving its directory away. */
function harnessOn(write: (dir: string, values: Readonly<Record<string, RawValue>>) => Promise<void>) {
  return async (initial: Readonly<Record<string, RawValue>>): Promise<SourceHarness> => {
    const temp = tempDir();
    const [home, away] = [temp.join('flagz'), temp.join('away')];
    let dir = home;
    const values: Record<string, RawValue> = { ...initial };
    mkdirSync(home);
    await write(home, values);
    return {
      source: configMapMountSource(home),
      async put(changes) {
        await write(dir, Object.assign(values, changes));
      },
      async remove(key) {
        delete values[key];
        await write(dir, values);
      },
      async interrupt() {
        renameSync(home, away);
        dir = away;
      },
      async restore() {
        renameSync(away, home);
        dir = home;
      },
      async close() {
        temp[Symbol.dispose]();
      },
    };
  };
}

sourceContract(
  (name, body) => describe(`${name}: configMapMountSource() on a plain directory`, body),
  (initial) => {
    let known: readonly string[] = [];
    return harnessOn(async (dir, values) => {
      for (const key of known) if (!Object.hasOwn(values, key)) rmSync(join(dir, key));
      for (const [key, value] of Object.entries(values)) writeFileSync(join(dir, key), value);
      known = Object.keys(values);
    })(initial);
  },
  // Files are written one by one, so nothing can promise that they arrive together.
  { atomic: false },
);

for (const { describe: describeOn, mount } of eachVolume()) {
  sourceContract(
    (name, body) => describeOn(`${name}: configMapMountSource() on a mounted volume`, body),
    (initial) => {
      let volume: Volume | undefined;
      return harnessOn(async (dir, values) => {
        volume ??= await mount(dir);
        volume.dir = dir;
        await volume.write(values);
      })(initial);
    },
  );
}
