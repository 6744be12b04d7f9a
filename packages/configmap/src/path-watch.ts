import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { SourceError } from '@flagz/core';
import { followSteps } from './follow-steps.ts';
import { idOf } from './inode.ts';
import { errorCode, reasonOf } from './system-error.ts';

/** How often a walk is repeated because the file system changed under it. */
const MOST_WALKS = 10;
/** How often somebody looks where the system gives no events, in milliseconds. */
const POLL_MS = 1_000;

/** Says what is to be watched of one directory. */
interface Wanted {
  /** The names that decide what a path means. */
  readonly names: Set<string>;
  /** Whether all other names count too. */
  all: boolean;
  /** Whether it holds what is followed, and not just a link or a folder on the way. */
  holds: boolean;
}

/** Is one directory that is being watched. */
interface Watched {
  readonly watcher: FSWatcher;
  /** Names the inode: a directory of the same path may be another one by now. */
  readonly id: string;
  wanted: Wanted;
  /** Whether the directory itself was touched, perhaps deleted: inode numbers are used again, so the id cannot tell. */
  doubtful: boolean;
}

/**
 * Tells that something may have changed about some paths: that is a ring, not news.
 *
 * It watches directories, never files: a watch is bound to an inode, and a file that is replaced has another one. It
 * watches every directory whose entries decide what a path means, so that a folder or a link on the way may be replaced too.
 * https://nodejs.org/docs/latest-v20.x/api/fs.html#inodes
 */
export class PathWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #refused = new Map<string, SourceError | undefined>();
  #rung = false;
  /** Whether the paths may lead elsewhere by now. */
  #strayed = true;
  #wake: (() => void) | undefined;

  /** What the system refuses to watch: there, only looking helps. */
  get refused(): readonly SourceError[] {
    return [...this.#refused.values()].filter((error) => error !== undefined);
  }

  /**
   * Watches what there is on the way to the paths. Whatever changes after it has begun rings, or is seen by who looks next.
   *
   * @param options.inside also watches all entries of the directories that the paths mean.
   */
  async arm(paths: readonly string[], { inside }: { readonly inside: boolean }): Promise<void> {
    // A walk that opened nothing has seen what the watches see: nothing can have changed unnoticed.
    for (let walk = 0; this.#strayed && walk < MOST_WALKS; walk++) {
      this.#strayed = false;
      const opened = await this.#open(await wantedOf(paths, inside));
      this.#strayed ||= opened;
    }
  }

  /** Forgets all watches, so that the next {@link PathWatch.arm} makes new ones: also those that fell deaf unnoticed. */
  close(): void {
    for (const dir of this.#watched.keys()) this.#drop(dir);
    this.#refused.clear();
    this.#strayed = true;
  }

  /**
   * Rings.
   *
   * @param options.strayed says that the paths themselves may be others, or lead elsewhere.
   */
  ring({ strayed }: { readonly strayed: boolean }): void {
    this.#rung = true;
    this.#strayed ||= strayed;
    this.#wake?.();
  }

  /**
   * Waits for a ring, also for one that came before the call.
   *
   * @param ms is the longest wait; where the system refuses to watch it is shorter.
   * @returns whether it rang.
   */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, this.refused.length > 0 ? Math.min(ms, POLL_MS) : ms);
        signal.addEventListener('abort', done, { once: true });
        this.#wake = done;
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
      });
      this.#wake = undefined;
    }
    // One swap is many events, and they are read together: one look serves them all.
    if (this.#rung) await new Promise((resolve) => setImmediate(resolve));
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Makes the watches those that are wanted; tells whether another walk would see more. */
  async #open(wanted: ReadonlyMap<string, Wanted>): Promise<boolean> {
    let opened = false;
    for (const dir of this.#watched.keys()) if (!wanted.has(dir)) this.#drop(dir);
    for (const dir of this.#refused.keys()) if (!wanted.has(dir)) this.#refused.delete(dir);
    for (const [dir, wish] of wanted) {
      // First the inode, then the watch: the other way round a directory replaced in between would stay unwatched.
      const id = await idOf(dir);
      const known = this.#watched.get(dir);
      if (known?.id === id && !known.doubtful) {
        known.wanted = wish;
        continue;
      }
      this.#drop(dir);
      if (this.#refused.has(dir)) continue;
      try {
        this.#watched.set(dir, { watcher: this.#watch(dir), id, wanted: wish, doubtful: false });
        opened = true;
      } catch (thrown) {
        // What is gone by now is no refusal, but a reason to walk again.
        if (['ENOENT', 'ENOTDIR'].includes(errorCode(thrown) ?? '')) opened = true;
        else this.#refuse(dir, thrown, wish.holds);
      }
    }
    return opened;
  }

  #watch(dir: string): FSWatcher {
    const watcher = watch(dir);
    // Types, and even names, differ from system to system, and a ring costs little: only names that are not ours are ignored.
    watcher.on('change', (_type, name) => {
      const watched = this.#watched.get(dir);
      if (watched?.watcher !== watcher) return;
      if (name === basename(dir)) watched.doubtful = true;
      const strayed = typeof name !== 'string' || watched.doubtful || watched.wanted.names.has(name);
      if (strayed || watched.wanted.all) this.ring({ strayed });
    });
    watcher.on('error', (error) => {
      if (this.#watched.get(dir)?.watcher !== watcher) return;
      this.#drop(dir);
      this.#refuse(dir, error, true);
      this.ring({ strayed: true });
    });
    return watcher;
  }

  /** Keeps a refusal until the next `close()`. A private folder on the way is not worth a word: re-scans see its changes. */
  #refuse(dir: string, thrown: unknown, holds: boolean): void {
    const code = errorCode(thrown);
    const message = `${JSON.stringify(dir)} cannot be watched, so it is looked at every second: ${reasonOf(thrown)}${wayOut(code)}`;
    this.#refused.set(dir, code === 'EACCES' && !holds ? undefined : new SourceError(message, { cause: thrown }));
  }

  #drop(dir: string): void {
    this.#watched.get(dir)?.watcher.close();
    this.#watched.delete(dir);
  }
}

async function wantedOf(paths: readonly string[], inside: boolean): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  const want = (dir: string): Wanted => {
    const known = wanted.get(dir) ?? { names: new Set(), all: false, holds: false };
    wanted.set(dir, known);
    return known;
  };
  for (const path of new Set(paths)) {
    const { steps, real } = await followSteps(path);
    for (const { dir, name } of steps) want(dir).names.add(name);
    const last = inside ? real : steps.at(-1)?.dir;
    if (last === undefined) continue;
    want(last).holds = true;
    want(last).all ||= inside;
  }
  return wanted;
}

function wayOut(code: string | undefined): string {
  if (code === 'ENOSPC') return '; raise the sysctl fs.inotify.max_user_watches';
  return code === 'EMFILE' ? '; raise the sysctl fs.inotify.max_user_instances' : '';
}
