import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Is a directory that changes as a mounted ConfigMap does: a new folder with all files, then the link `..data` put over
 * the old one in one step, then the old folder removed.
 *
 * See {@link https://pkg.go.dev/k8s.io/kubernetes/pkg/volume/util#AtomicWriter | AtomicWriter}.
 */
export class Volume {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'flagz-bench-'));
  #versions = 0;

  constructor(values: Readonly<Record<string, string>>) {
    this.swap(values);
    for (const name of Object.keys(values)) symlinkSync(join('..data', name), join(this.dir, name));
  }

  /** Puts a new version in place, and gives the moment just before it became the current one. */
  swap(values: Readonly<Record<string, string>>): number {
    const before = this.#folder();
    this.#versions++;
    const folder = this.#folder();
    mkdirSync(join(this.dir, folder));
    for (const [name, value] of Object.entries(values)) writeFileSync(join(this.dir, folder, name), value);
    symlinkSync(folder, join(this.dir, '..data_tmp'));
    const moment = performance.now();
    renameSync(join(this.dir, '..data_tmp'), join(this.dir, '..data'));
    rmSync(join(this.dir, before), { recursive: true, force: true });
    return moment;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Looks like the kubelet's names, which hold the time. */
  #folder(): string {
    return `..2026_01_01_00_00_00.${this.#versions}`;
  }
}
