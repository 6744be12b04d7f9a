import { type BatchOutcome, SourceError } from '@flagz/core';
import { EtcdLeaseInvalidError, type IEvent, type IRequestOp } from 'etcd3';
import type { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { describeError } from './describe-error.ts';
import { isContinued, loadPrefix } from './load-prefix.ts';
import { type Entry, type KeyRange, changedEntryOf, keyOf, nameOf, rangeOf, valuesOf } from './mirror.ts';
import { type Follower, Rollbacks } from './rollbacks.ts';
import { WatchStream } from './watch-stream.ts';

const ROLLBACK_TIMEOUT_MS = 5_000;

/** Configures a {@link Feed}. */
export interface FeedOptions {
  readonly rollbackDelayMs: number;
  readonly reloadEveryMs: number;
}

/** Is one attempt of one watcher. */
interface Attempt extends Follower {
  fail(error: SourceError): void;
}

/** Is the run from the first follower to the last, or to the first failure. */
interface Run {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Mirrors one prefix, once, for all flag sets of the process that follow it.
 *
 *     idle ─▶ connecting ─▶ positioned ─▶ watching ─▶ live ──▶ live ──▶ …
 *      ▲          │  the history goes on:    │          │ each revision: mirror, then a batch a follower
 *      │          │    keep the mirror       │          │
 *      │          │  else: load all pages    │          ├─ compacted, or every few minutes ─▶ positioned
 *      │          │                          │          │
 *      └──────────┴───── failed: all followers fail, the mirror stays ──┘
 *      └────────── the last follower leaves: the mirror goes ───────────┘
 *
 * The mirror is always the state of etcd at exactly one revision, the one that was delivered last; a watch begins at the
 * next. So nothing is lost by a cut at any point, and nothing is delivered twice. A follower that joins, or comes back,
 * gets the whole mirror: its flag set finds the difference.
 */
export class Feed {
  readonly #cluster: Cluster;
  readonly #range: KeyRange;
  readonly #options: FeedOptions;
  readonly #followers = new Set<Attempt>();
  readonly #rollbacks: Rollbacks;
  /** Leases by the very value, since what is put back is the very value that was accepted. */
  readonly #leases = new WeakMap<Uint8Array, string>();
  #mirror = new Map<string, Entry>();
  #revision = 0n;
  /** Set once the mirror is a picture of etcd. */
  #clusterId: string | undefined;
  #run: Run | undefined;
  #connection: Connection | undefined;
  #live = false;

  constructor(cluster: Cluster, prefix: string, options: FeedOptions) {
    this.#cluster = cluster;
    this.#range = rangeOf(prefix);
    this.#options = options;
    this.#rollbacks = new Rollbacks((...refused) => this.#revert(...refused), options.rollbackDelayMs);
  }

  /**
   * Follows for one attempt of one watcher, until its signal aborts.
   *
   * @throws {SourceError} when the feed fails.
   */
  async follow(follower: Follower, signal: AbortSignal): Promise<void> {
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, fail) => {
        if (signal.aborted) return resolve();
        onAbort = resolve;
        signal.addEventListener('abort', onAbort, { once: true });
        this.#join({ ...follower, fail }, signal);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (this.#followers.size === 0) await this.#idle(signal.aborted);
    }
  }

  #join(attempt: Attempt, signal: AbortSignal): void {
    this.#followers.add(attempt);
    signal.addEventListener('abort', () => this.#followers.delete(attempt), { once: true });
    if (this.#live) this.#tell(attempt, ({ sink }) => sink.replace(valuesOf(this.#mirror), String(this.#revision)));
    else this.#start();
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
    this.#mirror = new Map();
    this.#clusterId = undefined;
  }

  /** Is one run. Never rejects: what goes wrong is the followers'. */
  async #follow(abort: AbortController): Promise<void> {
    const { signal } = abort;
    if (signal.aborted) return;
    const connection = this.#cluster.acquire();
    this.#connection = connection;
    try {
      for (let reload = false; !signal.aborted; reload = true) {
        await this.#position(connection, reload, signal);
        await this.#watch(connection, signal);
      }
    } catch (thrown) {
      const error = describeError(thrown, connection, this.#range.prefix);
      // After an abort whoever follows has come since, and waits for the next run.
      if (!signal.aborted) for (const attempt of this.#followers) this.#fail(attempt, error);
    } finally {
      abort.abort();
      this.#live = false;
      this.#connection = undefined;
      this.#rollbacks.suspend();
      this.#cluster.release();
    }
  }

  /** Makes the mirror a state that a watch can go on from: the one it has, where that is possible. */
  async #position(connection: Connection, reload: boolean, signal: AbortSignal): Promise<void> {
    const clusterId = this.#clusterId;
    if (clusterId !== undefined && !reload) {
      const picture = { mirror: this.#mirror, revision: this.#revision, clusterId };
      if (await isContinued(connection, this.#range, picture, signal)) return;
    }
    const picture = await loadPrefix(connection, this.#range, this.#mirror, signal);
    for (const { value, lease } of picture.mirror.values()) this.#leases.set(value, lease);
    this.#mirror = picture.mirror;
    this.#revision = picture.revision;
    this.#clusterId = picture.clusterId;
  }

  /** Watches from the mirror's revision on. @returns when everything should be loaded again. */
  async #watch(connection: Connection, signal: AbortSignal): Promise<void> {
    const call = await connection.watch();
    await new Promise<void>((resolve, reject) => {
      const stream = new WatchStream(call, this.#range, this.#revision, {
        created: () => this.#goLive(),
        changed: (revision, events) => this.#change(revision, events),
        alive: () => this.#live && this.#tellAll(({ sink }) => sink.alive()),
        ended: (reason) => over(() => (reason === 'compacted' ? resolve() : reject(reason))),
      });
      const onAbort = (): void => over(() => reject(new SourceError('stopped')));
      const jitter = 0.8 + 0.4 * Math.random();
      const reload = setTimeout(() => over(resolve), this.#options.reloadEveryMs * jitter);
      const over = (tell: () => void): void => {
        clearTimeout(reload);
        signal.removeEventListener('abort', onAbort);
        stream.close();
        this.#live = false;
        tell();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #goLive(): void {
    this.#live = true;
    this.#tellAll(({ sink }) => sink.replace(valuesOf(this.#mirror), String(this.#revision)));
  }

  #change(revision: bigint, events: readonly IEvent[]): void {
    const changes = new Map<string, Uint8Array | undefined>();
    for (const { type, kv } of events) {
      const name = nameOf(this.#range, kv.key);
      this.#rollbacks.changed(name);
      if (type === 'Delete') {
        this.#mirror.delete(name);
        changes.set(name, undefined);
        continue;
      }
      const entry = changedEntryOf(kv);
      this.#leases.set(entry.value, entry.lease);
      this.#mirror.set(name, entry);
      changes.set(name, entry.value);
    }
    this.#revision = revision;
    this.#tellAll(({ sink }) => sink.update(changes, String(revision)));
  }

  #tellAll(say: (attempt: Attempt) => BatchOutcome | void): void {
    for (const attempt of this.#followers) this.#tell(attempt, say);
  }

  /** Tells one follower; what it throws is its own failure, not the feed's. */
  #tell(attempt: Attempt, say: (attempt: Attempt) => BatchOutcome | void): void {
    try {
      const outcome = say(attempt);
      for (const rejection of outcome?.rejected ?? []) {
        this.#rollbacks.refused(attempt, rejection, this.#mirror.get(rejection.flag)?.modRevision ?? 0n);
      }
    } catch (thrown) {
      this.#fail(attempt, thrown as SourceError);
    }
  }

  #fail(attempt: Attempt, error: SourceError): void {
    this.#followers.delete(attempt);
    attempt.fail(error);
  }

  async #revert(
    name: string,
    modRevision: bigint,
    value: Uint8Array | undefined,
  ): Promise<'reverted' | 'deleted' | 'lost-race'> {
    const [connection, signal] = [this.#connection, this.#run?.abort.signal];
    if (!connection || !signal) throw new SourceError('not connected');
    const key = keyOf(this.#range, name);
    const compare = [{ key, target: 'Mod' as const, result: 'Equal' as const, mod_revision: String(modRevision) }];
    const commit = async <T>(request: IRequestOp, outcome: T): Promise<T | 'lost-race'> => {
      const held = await connection.txn({ compare, success: [request], failure: [] }, ROLLBACK_TIMEOUT_MS, signal);
      return held ? outcome : 'lost-race';
    };
    const remove = { request_delete_range: { key } };
    if (value === undefined) return commit(remove, 'deleted');
    try {
      const lease = this.#leases.get(value) ?? '0';
      return await commit({ request_put: { key, value: Buffer.from(value), lease } }, 'reverted');
    } catch (error) {
      // The accepted value would have expired by now: without the refused one, the key would be gone.
      if (error instanceof EtcdLeaseInvalidError) return commit(remove, 'deleted');
      throw error;
    }
  }
}
