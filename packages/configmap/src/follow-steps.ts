import { readlink } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { errorCode } from './system-error.ts';

/** As many symbolic links as Linux itself follows. */
const MOST_LINKS = 40;

/** Is one entry that decides what a path means. */
export interface Step {
  /** A directory, by a path without links. */
  readonly dir: string;
  readonly name: string;
}

/**
 * Walks to a path as the system does, link by link.
 *
 * @param path is absolute.
 * @returns the entries passed, as far as there are any; and the path without links, where all of it exists.
 */
export async function followSteps(
  path: string,
): Promise<{ readonly steps: readonly Step[]; readonly real: string | undefined }> {
  const steps: Step[] = [];
  let { root: dir, rest } = split(path);
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      dir = join(dir, '..');
      continue;
    }
    steps.push({ dir, name });
    const entry = join(dir, name);
    try {
      const target = split(await readlink(entry));
      if (++links > MOST_LINKS) return { steps, real: undefined };
      if (target.root) dir = target.root;
      rest = [...target.rest, ...rest];
    } catch (thrown) {
      // EINVAL (UNKNOWN on Windows) says that the entry is there and no link.
      const code = errorCode(thrown);
      if (code !== 'EINVAL' && code !== 'UNKNOWN') return { steps, real: undefined };
      dir = entry;
    }
  }
  return { steps, real: dir };
}

function split(path: string): { root: string; rest: string[] } {
  const { root } = parse(path);
  return { root, rest: path.slice(root.length).split(sep) };
}
