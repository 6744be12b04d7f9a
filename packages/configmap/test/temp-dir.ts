import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Is a folder of one test, gone with it. */
export interface TempDir extends Disposable {
  readonly path: string;
  join(...parts: readonly string[]): string;
}

/** Makes an empty folder that other users may read, as a volume is. */
export function tempDir(): TempDir {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'flagz-')));
  chmodSync(path, 0o755);
  return {
    path,
    join: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
