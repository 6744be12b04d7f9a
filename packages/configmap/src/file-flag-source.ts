import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type FlagSet, type Source, SourceError } from '@flagz/core';
import { type Look, follow } from './follow.ts';
import type { Picture } from './picture.ts';
import { type FileRead, type Files, readFiles, unreadable } from './read-file.ts';
import { settle } from './settle.ts';
import { subPathWarnings } from './sub-path.ts';
import { reasonOf } from './system-error.ts';

/** How often a reading starts over because a link on the way was exchanged. */
const MOST_TRIES = 100;

/** Configures {@link fileFlagSource}. */
export interface FileFlagOptions {
  /** Names the layer. @default 'flag files' */
  readonly name?: string;
  /** How often everything is read again, in milliseconds, give or take a quarter: the safety net. @default 10_000 */
  readonly rescanMs?: number;
}

/**
 * Follows the files that the `<name>_path` flags of {@link FlagSet.fileFlag} point at: each file is the text of its flag.
 *
 * Files in one mounted volume arrive as one batch. A path flag that changes is followed at once; an empty one takes the
 * flag's value out of this layer.
 *
 * A required watch fails when files cannot be read, with one error that names each flag and path. Later such a flag keeps
 * its value, and is reported once.
 *
 * @throws {FlagError} when an option is unusable.
 * @example
 * flags.fileFlag(limits);
 * await using watcher = await flags.watch(fileFlagSource(flags)); // --limits_path=/etc/checkout/limits.json
 */
export function fileFlagSource(flags: FlagSet, options: FileFlagOptions = {}): Source {
  const { name = 'flag files', rescanMs = 10_000 } = options;
  return follow({
    name,
    rescanMs,
    paths: () => [...pathsOf(flags).values()],
    inside: false,
    look: (look) => lookAt(flags, look),
    subscribe: (ring) =>
      flags.subscribe((event) => {
        if (event.kind === 'change' && flags.fileFlags.some(({ path }) => path.name === event.flag)) ring();
      }),
  });
}

/** Gives the absolute path of each flag that has one. */
function pathsOf(flags: FlagSet): ReadonlyMap<string, string> {
  const named = flags.fileFlags.filter(({ path }) => path.get() !== '');
  return new Map(named.map(({ flag, path }) => [flag.name, resolve(path.get())]));
}

async function lookAt(flags: FlagSet, { before, signal }: Look): Promise<Picture> {
  const files = await settle((known) => readFlagFiles(flags, known, signal), before?.files, signal);
  const warnings = await Promise.all(
    [...files].map(async ([name, { path }]) => {
      // A static flag takes no further value anyway.
      const found = flags.find(name)?.dynamic ? await subPathWarnings(path) : [];
      return found.map(({ message }) => new SourceError(`flag ${JSON.stringify(name)}: ${message}`));
    }),
  );
  return { files, warnings: warnings.flat() };
}

/**
 * Reads all files as they are at one moment.
 *
 * Links on the way, such as a volume's `..data`, are resolved before and after: where both agree, that is what they were
 * in between, so that two files of one volume cannot come from two versions of it.
 */
async function readFlagFiles(flags: FlagSet, known: Files | undefined, signal: AbortSignal): Promise<Files> {
  for (let tries = 0; tries < MOST_TRIES && !signal.aborted; tries++) {
    const paths = pathsOf(flags);
    const { reals, files } = await resolveAll(paths);
    const read = await readFiles(reals, known, signal);
    const after = await resolveAll(pathsOf(flags));
    if (!sameEntries(reals, after.reals)) continue;
    for (const [flag, path] of paths) {
      const file = read.files.get(flag) ?? files.get(flag);
      const what = read.missing.includes(flag)
        ? 'is gone'
        : 'is not a file; name a file that holds the text of the flag';
      files.set(flag, explain(flag, path, file ?? unreadable(path, what)));
    }
    return files;
  }
  if (signal.aborted) return new Map();
  throw new SourceError(`links on the way to the files were exchanged ${MOST_TRIES} times while they were read`);
}

/** Resolves links; what cannot be resolved is a file that cannot be read. */
async function resolveAll(
  paths: ReadonlyMap<string, string>,
): Promise<{ reals: Map<string, string>; files: Map<string, FileRead> }> {
  const reals = new Map<string, string>();
  const files = new Map<string, FileRead>();
  await Promise.all(
    [...paths].map(async ([flag, path]) => {
      try {
        reals.set(flag, await realpath(path));
      } catch (thrown) {
        files.set(flag, unreadable(path, `cannot be read: ${reasonOf(thrown)}`, thrown));
      }
    }),
  );
  return { reals, files };
}

/** Names the flag, and the path as the operator wrote it. */
function explain(flag: string, path: string, file: FileRead): FileRead {
  if (file.kind === 'value') return file;
  const seen = file.path === path ? '' : `${JSON.stringify(path)}: `;
  const error = new SourceError(`flag ${JSON.stringify(flag)}: ${seen}${file.error.message}`, {
    cause: file.error.cause,
  });
  return { ...file, error };
}

function sameEntries(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}
