import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RawValue } from '@flagz/core';

/**
 * Is a ConfigMap volume, written with the kubelet's own steps in the kubelet's own order.
 *
 * It imitates `AtomicWriter.Write` of https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go,
 * for machines that do not have the kubelet's own code; `each-volume.ts` runs the same tests on both.
 */
export class MountedVolume {
  /** Where it lies; whoever moves it says so here. */
  dir: string;
  #keys: readonly string[] = [];
  #versions = 0;

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Gives the name of the current version. */
  get revision(): string | undefined {
    return currentVersion(this.dir);
  }

  /** Puts a version in the place of the current one: what is not among the values is gone. */
  write(values: Readonly<Record<string, RawValue>>): void {
    const at = this.dir;
    const previous = this.revision;
    const version = `..2026_01_02_03_04_05.${process.pid}${String(this.#versions++).padStart(6, '0')}`;
    mkdirSync(join(at, version));
    chmodSync(join(at, version), 0o755);
    for (const [key, value] of Object.entries(values)) writeFileSync(join(at, version, key), value, { mode: 0o644 });
    symlinkSync(version, join(at, '..data_tmp'));
    renameSync(join(at, '..data_tmp'), join(at, '..data'));
    for (const key of Object.keys(values)) {
      if (!lstatSync(join(at, key), { throwIfNoEntry: false })) symlinkSync(join('..data', key), join(at, key));
    }
    for (const key of this.#keys) if (!Object.hasOwn(values, key)) unlinkSync(join(at, key));
    if (previous !== undefined) rmSync(join(at, previous), { recursive: true, force: true });
    this.#keys = Object.keys(values);
  }
}

/** Gives the name of a volume's current version. */
export function currentVersion(dir: string): string | undefined {
  try {
    return readlinkSync(join(dir, '..data'));
  } catch {
    return undefined;
  }
}
