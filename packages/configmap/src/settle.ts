import { sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sameFile, sameFiles } from './picture.ts';
import type { FileRead, Files } from './read-file.ts';

/** How long a changed file must rest before it counts, in milliseconds: far longer than from one write to the next. */
const REST_MS = 20;
/** The same for a file that became empty, as one that is being created or rewritten in place is at first. */
const EMPTY_REST_MS = 100;
/** Nobody waits longer than this for files that never rest. */
const LONGEST_MS = 1_000;

/**
 * Reads until what changed has come to rest, so that a file is not taken half-written.
 *
 * Files in a versioned folder of a volume are complete before anybody can see them: for those there is no wait.
 * Files that never rest keep what they held before; the others go on.
 *
 * @param read reads everything; given an earlier reading, only what has been touched since.
 * @param before is what the files held last.
 */
export async function settle(
  read: (known?: Files) => Promise<Files>,
  before: Files | undefined,
  signal: AbortSignal,
): Promise<Files> {
  const deadline = performance.now() + LONGEST_MS;
  let last = await read();
  for (;;) {
    const restMs = restOf(before, last);
    if (restMs === 0 || signal.aborted) return last;
    await delay(restMs, undefined, { signal }).catch(() => {});
    const next = await read(last);
    if (sameFiles(last, next)) return next;
    if (performance.now() > deadline) return atRest(before, last, next);
    last = next;
  }
}

function restOf(before: Files | undefined, now: Files): number {
  let restMs = 0;
  for (const key of new Set([...(before?.keys() ?? []), ...now.keys()])) {
    const [was, is] = [before?.get(key), now.get(key)];
    if (sameFile(was, is) || (is && isVersioned(is.path))) continue;
    if (is?.kind === 'value' && is.raw.length === 0) return EMPTY_REST_MS;
    restMs = REST_MS;
  }
  return restMs;
}

/** Takes from the latest reading what it has in common with the one before it; the rest stays as it was. */
function atRest(before: Files | undefined, last: Files, next: Files): Files {
  const files = new Map<string, FileRead>();
  for (const key of new Set([...(before?.keys() ?? []), ...next.keys()])) {
    const file = sameFile(last.get(key), next.get(key)) ? next.get(key) : before?.get(key);
    if (file) files.set(key, file);
  }
  return files;
}

/** Tells whether a resolved path lies in a folder such as `..2026_01_02_03_04_05.678`, which never changes once it is in use. */
function isVersioned(path: string): boolean {
  return path.split(sep).some((part) => part.length > 2 && part.startsWith('..'));
}
