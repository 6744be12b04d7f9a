import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawValue } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { describe } from '@flagz/test-runner';
import { type SourceHarness, sourceContract } from '@flagz/testing';
import { MountedVolume } from './mounted-volume.ts';
import { tempDir } from './temp-dir.ts';

/** Makes an origin that is interrupted by moving its directory away. */
function harnessOn(write: (dir: string, values: Readonly<Record<string, RawValue>>) => void) {
  return async (initial: Readonly<Record<string, RawValue>>): Promise<SourceHarness> => {
    const temp = tempDir();
    const [home, away] = [temp.join('flagz'), temp.join('away')];
    let dir = home;
    const values: Record<string, RawValue> = { ...initial };
    mkdirSync(home);
    write(home, values);
    return {
      source: configMapMountSource(home),
      async put(changes) {
        write(dir, Object.assign(values, changes));
      },
      async remove(key) {
        delete values[key];
        write(dir, values);
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
    return harnessOn((dir, values) => {
      for (const key of known) if (!Object.hasOwn(values, key)) rmSync(join(dir, key));
      for (const [key, value] of Object.entries(values)) writeFileSync(join(dir, key), value);
      known = Object.keys(values);
    })(initial);
  },
  // Files are written one by one, so nothing can promise that they arrive together.
  { atomic: false },
);

sourceContract(
  (name, body) => describe(`${name}: configMapMountSource() on a mounted volume`, body),
  (initial) => {
    let volume: MountedVolume | undefined;
    return harnessOn((dir, values) => {
      volume ??= new MountedVolume(dir);
      volume.dir = dir;
      volume.write(values);
    })(initial);
  },
);
