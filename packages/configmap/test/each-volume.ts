import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RawValue } from '@flagz/core';
import { VolumeWriter, whyNoVolumeWriter } from '@flagz/testbed';
import { type It, describe } from '@flagz/test-runner';
import { MountedVolume, currentVersion } from './mounted-volume.ts';
import { versionOf } from './versions.ts';

type Values = Readonly<Record<string, RawValue>>;

/** Is a ConfigMap volume of one test. */
export interface Volume {
  /** Where it lies; whoever moves it says so here. */
  dir: string;
  /** Is the name of the current version. */
  readonly revision: string | undefined;
  /** Puts a version in the place of the current one: what is not among the values is gone. */
  write(values: Values): Promise<void>;
  /** Writes the versions from 1 to `last` of `versions.ts`, from another process and as fast as that can. */
  race(last: number): Promise<void>;
}

/** Makes a volume that holds values; without values it is an empty folder. */
export type Mount = (dir: string, values?: Values) => Promise<Volume>;

/** Is a way to write volumes that tests run on. */
export interface VolumeUnderTest {
  readonly mount: Mount;
  /** Declares a suite on it: named after it, counted by it, and skipped where it is missing. */
  readonly describe: (title: string, body: (it: It) => void) => void;
}

/**
 * Lists what volumes are written by: an imitation of the kubelet, and the kubelet's own code.
 *
 * @throws {Error} in CI when the latter is missing: there nothing may be skipped.
 */
export function eachVolume(): readonly VolumeUnderTest[] {
  const missing = whyNoVolumeWriter();
  let writer: VolumeWriter;
  return [
    { mount: imitation, describe: (title, body) => describe(title, body, { on: 'an imitation of the kubelet' }) },
    {
      async mount(dir, values) {
        mkdirSync(dir, { recursive: true });
        const volume = new KubeletVolume(dir, writer);
        if (values) await volume.write(values);
        return volume;
      },
      describe(title, body) {
        const withWriter = (it: It): void => {
          it.before(() => void (writer = new VolumeWriter()));
          it.after(() => writer.stop());
          body(it);
        };
        describe(title, withWriter, { on: "the kubelet's volume writer", missing });
      },
    },
  ];
}

/** Declares a suite on each of {@link eachVolume}. */
export function describeOnVolumes(title: string, body: (it: It, mount: Mount) => void): void {
  for (const volume of eachVolume()) volume.describe(title, (it) => body(it, volume.mount));
}

async function imitation(dir: string, values?: Values): Promise<Volume> {
  const volume = new ImitatedVolume(dir);
  if (values) await volume.write(values);
  return volume;
}

class ImitatedVolume implements Volume {
  readonly #volume: MountedVolume;

  constructor(dir: string) {
    this.#volume = new MountedVolume(dir);
  }

  get dir(): string {
    return this.#volume.dir;
  }

  set dir(dir: string) {
    this.#volume.dir = dir;
  }

  get revision(): string | undefined {
    return this.#volume.revision;
  }

  async write(values: Values): Promise<void> {
    this.#volume.write(values);
  }

  async race(last: number): Promise<void> {
    const child = fileURLToPath(new URL('./volume-writer.child.ts', import.meta.url));
    const writer = spawn(process.execPath, [...process.execArgv, child, this.dir, String(last)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(writer, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`volume-writer.child.ts ended with ${code}`);
  }
}

class KubeletVolume implements Volume {
  dir: string;
  readonly #writer: VolumeWriter;

  constructor(dir: string, writer: VolumeWriter) {
    this.dir = dir;
    this.#writer = writer;
  }

  get revision(): string | undefined {
    return currentVersion(this.dir);
  }

  write(values: Values): Promise<void> {
    return this.#writer.write(this.dir, values);
  }

  async race(last: number): Promise<void> {
    for (let version = 1; version <= last; version++) await this.write(versionOf(version));
  }
}
