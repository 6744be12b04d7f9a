import { SourceError } from '@flagz/core';
import type { IEvent } from 'etcd3';
import { Admission } from './admission.ts';
import { checkOf } from './check-picture.ts';
import type { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { continuityOf } from './continuity.ts';
import { describeError, isUnanswered } from './describe-error.ts';
import { type Attempt, Followers, NOTHING } from './followers.ts';
import { FormerValues } from './former-values.ts';
import { CONNECT_TIMEOUT_MS, loadPrefix } from './load-prefix.ts';
import { type KeyRange, type Picture, keyOf, nameOf, rangeOf } from './mirror.ts';
import type { Follower } from './pending-rollback.ts';
import { PageSize } from './page-size.ts';
import { Pause } from './pause.ts';
import { revert } from './revert.ts';
import { Rollbacks } from './rollbacks.ts';
import { StoredValue } from './stored-value.ts';
import { WatchStream } from './watch-stream.ts';

/** How soon everything is read where the mirror was kept by what is likely, at most, in milliseconds. */
const SOON_MS = 30_000;
/** How often a connection is given up because a newcomer got no answer, at most: on a slow link that may be no fault of it. */
const GIVE_UP_EVERY_MS = 60_000;

/** Configures a {@link Feed}. */
export interface FeedOptions {
  readonly rollbackDelayMs: number;
  readonly reloadEveryMs: number;
}

/** Is the run from the first follower to the last, or to the first failure. */
interface Run {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Mirrors one prefix, once, for all flag sets of the process that follow it.
 *
 *     idle ─▶ pausing ─▶ connecting ─▶ positioned ─▶ watching ─▶ live ──▶ live ──▶ …
 *      ▲         ▲            │  the history goes on:    │          │ each revision: mirror, then a batch a follower
 *      │         │            │    keep the mirror       │          │
 *      │         │            │  else: load all pages    │          ├─ compacted, or every few minutes ─▶ positioned
 *      │         │            │                          │          ├─ soon, where not all was compared ─▶ positioned
 *      │         │            │                          │          │
 *      │         └────────────┴── failed: all followers fail, the mirror stays
 *      └──────────── the last follower leaves: the mirror goes ──────┘
 *
 * The mirror is always the state of etcd at exactly one revision, the one that was delivered last; a watch begins at the
 * next. So nothing is lost by a cut at any point, and nothing is delivered twice. A follower that joins, or comes back,
 * gets the whole mirror: its flag set finds the difference. A newcomer gets it when the mirror is sure to hold all that
 * was there when it came: static flags, and whether a start succeeds, are decided by it once.
 */
export class Feed {
  readonly #cluster: Cluster;
  readonly #range: KeyRange;
  readonly #options: FeedOptions;
  readonly #rollbacks: Rollbacks;
  readonly #followers: Followers;
  /** The mirror, once it is a picture of etcd. */
  #picture: Picture | undefined;
  readonly #former = new FormerValues();
  readonly #pageSize = new PageSize();
  readonly #pause = new Pause();
  #run: Run | undefined;
  #connection: Connection | undefined;
  /** Admits newcomers, while the feed is live. */
  #admission: Admission<Attempt> | undefined;
  /** The newest revision that followers were told who came from another feed. */
  #reached = 0n;
  /** Whether the run fails of a connection that seems to live. */
  #isDeaf = false;
  #gaveUpAt = -Infinity;

  constructor(cluster: Cluster, prefix: string, options: FeedOptions) {
    this.#cluster = cluster;
    this.#range = rangeOf(prefix);
    this.#options = options;
    this.#rollbacks = new Rollbacks((...refused) => this.#revert(...refused), options.rollbackDelayMs);
    this.#followers = new Followers(this.#rollbacks);
  }

  /** Takes over what another feed knows of the same prefix, so that its followers go on where they were. */
  inherit(other: Feed): void {
    const known = other.#picture;
    if (!known) return;
    if (known.revision > this.#reached) this.#reached = known.revision;
    const isRunning = this.#run !== undefined && !this.#run.abort.signal.aborted;
    if (isRunning || (this.#picture && this.#picture.revision >= known.revision)) return;
    this.#picture = { ...known, mirror: new Map(known.mirror) };
    this.#former.clear();
  }

  /**
   * Follows for one attempt of one watcher, until its signal aborts.
   *
   * @throws {SourceError} when the feed fails, or where it was waiting for an answer when the signal aborted.
   */
  async follow(follower: Follower, signal: AbortSignal): Promise<void> {
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, fail) => {
        if (signal.aborted) return resolve();
        const attempt: Attempt = { ...follower, present: false, told: false, refused: NOTHING, fail };
        onAbort = () => {
          const late = attempt.told ? undefined : this.#waitsFor;
          if (late !== undefined) fail(this.#describe(new SourceError(late)));
          else resolve();
        };
        signal.addEventListener('abort', onAbort, { once: true });
        this.#join(attempt, signal);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (this.#followers.size === 0) await this.#idle(signal.aborted);
    }
  }

  #join(attempt: Attempt, signal: AbortSignal): void {
    this.#followers.add(attempt);
    this.#pause.welcome();
    signal.addEventListener('abort', () => this.#followers.leave(attempt), { once: true });
    if (this.#admission) this.#welcome(this.#admission);
    else this.#start();
  }

  get #waitsFor(): string | undefined {
    return this.#connection?.waitsFor ?? (this.#admission && 'what was written before it came had not all arrived');
  }

  #start(): void {
    const before = this.#run;
    if (before && !before.abort.signal.aborted) return;
    const abort = new AbortController();
    // One run at a time: the one before it may still be closing.
    const ended = (before?.ended ?? Promise.resolve()).then(() => this.#follow(abort));
    this.#run = { abort, ended };
  }

  /** Ends the run; a feed that nobody follows any more forgets what it knew. */
  async #idle(forget: boolean): Promise<void> {
    const run = this.#run;
    run?.abort.abort();
    await run?.ended;
    if (!forget || this.#run !== run) return;
    this.#picture = undefined;
    this.#former.clear();
    this.#pause.end();
  }

  /** Is one run. Never rejects: what goes wrong is the followers'. */
  async #follow(abort: AbortController): Promise<void> {
    const { signal } = abort;
    if (signal.aborted) return;
    let connection: Connection | undefined;
    try {
      await this.#pause.over(signal);
      connection = this.#cluster.acquire();
      this.#connection = connection;
      for (let reload = false; !signal.aborted; reload = true) {
        const reloadInMs = await this.#position(connection, reload, signal);
        await this.#watch(connection, reloadInMs, signal);
      }
    } catch (thrown) {
      const error = this.#describe(thrown);
      // After an abort whoever follows has come since, and waits for the next run.
      if (!signal.aborted) {
        this.#pause.extend(this.#followers.size);
        for (const attempt of this.#followers) this.#followers.fail(attempt, error);
      }
    } finally {
      abort.abort();
      this.#connection = undefined;
      this.#rollbacks.suspend();
      if (connection) this.#cluster.release(connection, this.#isDeaf);
      this.#isDeaf = false;
    }
  }

  /**
   * Makes the mirror a state that a watch can go on from: the one it has, where that is possible.
   *
   * @returns in how many milliseconds everything should be loaded again: at random, so that a fleet spreads.
   */
  async #position(connection: Connection, reload: boolean, signal: AbortSignal): Promise<number> {
    const { reloadEveryMs } = this.#options;
    const known = this.#picture;
    const continuity = known && !reload ? await continuityOf(connection, this.#range, known, signal) : 'unknown';
    if (continuity === 'unknown') {
      const present = [...this.#followers];
      const reached = this.#reached;
      this.#picture = await loadPrefix(connection, this.#range, known?.mirror, this.#pageSize, signal);
      for (const attempt of present) attempt.present = true;
      // What was told elsewhere before it began, it has read.
      if (this.#reached === reached) this.#reached = 0n;
      this.#former.clear();
    }
    if (continuity === 'likely') return Math.random() * Math.min(SOON_MS, reloadEveryMs);
    return reloadEveryMs * (0.8 + 0.4 * Math.random());
  }

  /** Watches from the mirror's revision on. @returns when everything should be loaded again. */
  async #watch(connection: Connection, reloadInMs: number, signal: AbortSignal): Promise<void> {
    const picture = this.#picture as Picture;
    const call = await connection.watch();
    await new Promise<void>((resolve, reject) => {
      const watching = new AbortController();
      const admission = new Admission<Attempt>(connection, this.#range, picture, watching.signal, {
        waiting: () => this.#followers.waiting(),
        admit: (attempt) => this.#followers.tellEverything(attempt, picture),
        refuse: (attempt, thrown) => {
          if (!this.#followers.has(attempt)) return;
          // Who follows hears nothing either, and does not know it yet.
          const isDeaf = isUnanswered(thrown) && stream.silentMs >= CONNECT_TIMEOUT_MS;
          if (!isDeaf || performance.now() - this.#gaveUpAt < GIVE_UP_EVERY_MS)
            return this.#followers.fail(attempt, this.#describe(thrown));
          [this.#isDeaf, this.#gaveUpAt] = [true, performance.now()];
          over(() => reject(thrown));
        },
      });
      const stream = new WatchStream(call, this.#range, picture.revision, {
        created: () => this.#goLive(admission),
        heard: ({ raft_term }) => (picture.term = raft_term),
        changed: (revision, events) => this.#change(picture, revision, events),
        alive: () => {
          this.#former.forget();
          this.#followers.tellAlive();
        },
        check: checkOf(connection, this.#range, picture, signal),
        ended: (reason) => over(() => (reason === 'compacted' ? resolve() : reject(reason))),
      });
      const onAbort = (): void => over(() => reject(new SourceError('stopped')));
      const reload = setTimeout(() => over(resolve), reloadInMs);
      const over = (tell: () => void): void => {
        clearTimeout(reload);
        signal.removeEventListener('abort', onAbort);
        stream.close();
        this.#admission = undefined;
        watching.abort();
        tell();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #goLive(admission: Admission<Attempt>): void {
    this.#admission = admission;
    this.#pause.end();
    this.#followers.beginAnew();
    this.#welcome(admission);
  }

  /** Tells everything to those who have not been told: newcomers have to wait, and so does who knows more. */
  #welcome(admission: Admission<Attempt>): void {
    const isPast = admission.picture.revision < this.#reached;
    for (const attempt of this.#followers.waiting()) {
      if (attempt.present || (attempt.sink.loaded() && !isPast))
        this.#followers.tellEverything(attempt, admission.picture);
    }
    void admission.run();
  }

  #change(picture: Picture, revision: bigint, events: readonly IEvent[]): void {
    const { mirror } = picture;
    const changes = new Map<string, Uint8Array | undefined>();
    const returned = new Set<string>();
    for (const { type, kv } of events) {
      const name = nameOf(this.#range, kv.key);
      const value = type === 'Delete' ? undefined : new StoredValue(kv);
      if (this.#former.changed(name, value, mirror.get(name))) returned.add(name);
      this.#rollbacks.changed(name, value);
      if (value) mirror.set(name, value);
      else mirror.delete(name);
      changes.set(name, value);
    }
    picture.revision = revision;
    this.#followers.tellChanges(changes, picture, returned);
  }

  #describe(error: unknown): SourceError {
    if (this.#connection) return describeError(error, this.#connection, this.#range.prefix);
    return error instanceof SourceError ? error : new SourceError(String(error), { cause: error });
  }

  async #revert(
    name: string,
    modRevision: bigint,
    value: Uint8Array | undefined,
  ): Promise<'reverted' | 'deleted' | 'lost-race'> {
    const [connection, signal] = [this.#connection, this.#run?.abort.signal];
    if (!connection || !signal) throw new SourceError('not connected');
    try {
      return await revert(connection, keyOf(this.#range, name), { modRevision, value }, signal);
    } catch (error) {
      throw describeError(error, connection, this.#range.prefix, 'readwrite');
    }
  }
}
