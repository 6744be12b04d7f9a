import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FlagError, type Source, SourceError } from '@flagz/core';
import { type Look, follow } from './follow.ts';
import { idOf, untouchedIdOf } from './inode.ts';
import type { Picture } from './picture.ts';
import { type Files, readFiles } from './read-file.ts';
import { settle } from './settle.ts';
import { subPathWarnings } from './sub-path.ts';
import { errorCode, reasonOf } from './system-error.ts';

/** The link to the current version of a volume, which the kubelet exchanges in one step. */
const DATA = '..data';
/** What the kubelet writes before that link is there, and leaves while a volume is being removed. */
const UNFINISHED = /^\.\.(?:data_tmp$|\d{4}_\d\d_\d\d_)/;
/** What editors and careful writers leave, or make for a moment. */
const LEFTOVER = /^#.*#$|~$|\.sw[a-z]$|\.tmp$|^4913$/;
/** How often a reading starts over because what it read was exchanged. */
const MOST_TRIES = 100;

/** Configures {@link configMapMountSource}. */
export interface ConfigMapMountOptions {
  /** Names the layer. @default `mount <dir>` */
  readonly name?: string;
  /** How often everything is read again, in milliseconds, give or take a quarter: the safety net. @default 10_000 */
  readonly rescanMs?: number;
}

/**
 * Follows a mounted ConfigMap volume, or any directory: one file, one flag.
 *
 * A version of a volume arrives as one batch, never mixed with another. In any other directory files change one by one;
 * a file counts once it has come to rest. One newline at the end is not part of a value.
 *
 * Where the directory is missing, is none, or is a `subPath` mount, or a file cannot be read, a required watch fails at
 * once. Later, while the directory is gone the watcher is stale and all values stay; a file that cannot be read keeps
 * its value, and is reported once.
 *
 * @param dir is taken relative to the working directory of the moment.
 * @throws {FlagError} when `dir` or an option is unusable.
 * @example
 * await using watcher = await flags.watch(configMapMountSource('/etc/flagz'));
 */
export function configMapMountSource(dir: string, options: ConfigMapMountOptions = {}): Source {
  if (dir === '')
    throw new FlagError('FLAGZ_DECLARATION', 'configMapMountSource: the directory must not be an empty text');
  const { name = `mount ${dir}`, rescanMs = 10_000 } = options;
  const path = resolve(dir);
  return follow({ name, rescanMs, paths: () => [path], inside: true, look: (look) => lookAt(path, look) });
}

/** Is where the files are at a moment. */
interface Place {
  readonly dir: string;
  /** The same without links. */
  readonly real: string;
  /** The directory of the files: for a volume the current version's. */
  readonly root: string;
  /** Names the version of a volume; `undefined` for any other directory. */
  readonly revision: string | undefined;
  /** Is another one after each exchange. */
  readonly version: string;
}

async function lookAt(dir: string, { sinceEvent, before, signal }: Look): Promise<Picture> {
  const place = await findPlace(dir);
  if (place.revision !== undefined)
    return sinceEvent?.version === place.version ? sinceEvent : readPlace(place, undefined, signal);
  let picture: Picture = { files: new Map(), warnings: [] };
  const files = await settle(
    async (known) => {
      picture = await readPlace(await findPlace(dir), known, signal);
      return picture.files;
    },
    before?.files,
    signal,
  );
  if (before?.revision !== undefined && files.size === 0)
    throw notNow(dir, 'is empty; it was a ConfigMap volume, which is gone');
  return { ...picture, files };
}

/**
 * Reads all files of one version.
 *
 *     find T ──▶ list T ──▶ T still in place? ──yes──▶ read each ──▶ none missing ──▶ done
 *        ▲                           │ no                  │ one missing
 *        └───────────────────────────┴─────────────────────┘
 *
 * The kubelet deletes T only after it has put another version in its place, and never changes a file in T. So a list that
 * was made while T was in place is complete; and if all on it could be read, they are T, whatever is in place by now.
 */
async function readPlace(first: Place, known: Files | undefined, signal: AbortSignal): Promise<Picture> {
  let place = first;
  for (let tries = 0; tries < MOST_TRIES && !signal.aborted; tries++, place = await findPlace(first.dir)) {
    const { root, revision, version } = place;
    const names = await list(place);
    if (!names || !(await isCurrent(place))) continue;
    const { files, missing } = await readFiles(new Map(names.map((name) => [name, join(root, name)])), known, signal);
    // In a directory of files that come and go one by one, one that went meanwhile is just gone.
    const complete = missing.length === 0 || (revision === undefined && (await isCurrent(place)));
    if (complete)
      return { files, revision, version, warnings: revision === undefined ? await subPathWarnings(root) : [] };
  }
  if (signal.aborted) return { files: new Map(), warnings: [] };
  throw notNow(first.dir, `was exchanged ${MOST_TRIES} times while it was read, or its ${DATA} lacks files`);
}

/**
 * Finds where the files are now.
 *
 * @throws {SourceError} when there is no directory.
 */
async function findPlace(dir: string): Promise<Place> {
  const real = await realpath(dir).catch((cause: unknown) => {
    throw unusable(dir, cause);
  });
  const revision = await linkIn(real).catch((cause: unknown) => {
    throw unusable(dir, cause);
  });
  const root = revision === undefined ? real : resolve(real, revision);
  return { dir, real, root, revision, version: await versionOf(root, revision) };
}

/** Tells whether the files are still where they were found: everything is asked at once, since all answers are known. */
async function isCurrent({ dir, real, root, revision, version }: Place): Promise<boolean> {
  try {
    const now = await Promise.all([realpath(dir), linkIn(real), versionOf(root, revision)]);
    return now[0] === real && now[1] === revision && now[2] === version;
  } catch {
    return false;
  }
}

/** Names a version; in a directory that is no volume, where nothing rests, only the directory. */
async function versionOf(root: string, revision: string | undefined): Promise<string> {
  return `${root} ${await (revision === undefined ? idOf(root) : untouchedIdOf(root))}`;
}

/** Gives where `..data` points, where there is such a link. */
async function linkIn(real: string): Promise<string | undefined> {
  try {
    return await readlink(join(real, DATA));
  } catch (thrown) {
    // EINVAL (UNKNOWN on Windows): there is such a file, but it is no link, so this is no volume.
    if (['ENOENT', 'EINVAL', 'UNKNOWN'].includes(errorCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

/** Lists what may be a key; `undefined` when the directory is gone by now. */
async function list({ dir, root, revision }: Place): Promise<readonly string[] | undefined> {
  let entries: Dirent[];
  try {
    entries = await readdir(root, { withFileTypes: true });
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw unusable(dir, cause);
  }
  const isVolume = revision !== undefined;
  if (!isVolume && entries.some(({ name }) => UNFINISHED.test(name))) {
    throw notNow(dir, `has no ${DATA}: the volume is being set up, or removed`);
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.') && (isVolume || !LEFTOVER.test(name)))
    .toSorted();
}

/** Waiting may help. */
function notNow(dir: string, what: string): SourceError {
  return new SourceError(`${JSON.stringify(dir)} ${what}`);
}

/** Waiting does not help. */
function unusable(dir: string, cause: unknown): SourceError {
  const what = {
    ENOENT: 'does not exist; create it, or mount the ConfigMap there',
    ENOTDIR: 'is not a directory; name the directory that holds a file for each flag',
    EACCES: `cannot be opened: ${reasonOf(cause)}; let user ${process.getuid?.() ?? 'of this process'} read it`,
  }[errorCode(cause) ?? ''];
  return new SourceError(`${JSON.stringify(dir)} ${what ?? `cannot be opened: ${reasonOf(cause)}`}`, {
    cause,
    fatalAtStart: true,
  });
}
