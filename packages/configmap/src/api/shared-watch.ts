import type { IncomingMessage } from 'node:http';
import { SourceError, type SourceSink } from '@flagz/core';
import { type Access, type AccessTarget, Gate, identityOf } from './access.ts';
import { Pause } from './pause.ts';
import { type ConfigMapList, parseList } from './config-map-list.ts';
import { type ConfigMapVersion, absent, readConfigMap } from './config-map.ts';
import { UnansweredError, readBody, readLines, send } from './exchange.ts';
import { inTime } from './in-time.ts';
import { refusalOf } from './refusal.ts';
import { type Timing, watchSeconds } from './timing.ts';
import { readEvent } from './watch-event.ts';

/** Says which ConfigMap, where, as whom, and how patiently. */
export interface WatchTarget extends AccessTarget {
  readonly namespace: string;
  readonly name: string;
  readonly timing: Timing;
}

/** Is one watcher of one flag set. */
interface Follower {
  readonly sink: SourceSink;
  fail(error: Error): void;
}

type State = 'idle' | 'pausing' | 'authorizing' | 'listing' | 'opening' | 'watching';

/** How often an attempt tries to connect while nothing answers at all. */
const CONNECT_TRIES = 5;
/** How long the import of client-node and an exec plugin may take, in milliseconds. */
const AUTHORIZE_TIMEOUT_MS = 30_000;
/** A watch that lived for so long, in milliseconds, says that the server is well. */
const STEADY_MS = 1_000;
/** An API server that has just started refuses everybody until it has read its roles: how long that may take, in milliseconds. */
const REFUSAL_PATIENCE_MS = 1_500;

/**
 * Watches one ConfigMap for all its followers.
 *
 *     idle ─▶ pausing ─▶ authorizing ─▶ listing ─▶ opening ─▶ watching
 *      ▲                      ▲                                  │
 *      │                      └──────── ended in its time ───────┤
 *      └────── failed: each follower is told; or the last left ◀─┘   (from every state)
 *
 *     server   list@41      watch 41 ─▶ 42 ── bookmark ── end      list@45     watch 45 ─▶
 *     told     replace@41               replace@42   alive         replace@45
 *
 * A list is told once the watch from its revision stands: who has loaded follows. Each connect lists, so a revision
 * that is compacted, or ahead of a restored server, can mislead nobody.
 */
export class SharedWatch {
  static readonly #all = new Map<string, SharedWatch>();

  readonly #key: string;
  readonly #target: WatchTarget;
  readonly #gate: Gate;
  readonly #pause = new Pause();
  readonly #followers = new Set<Follower>();
  #state: State = 'idle';
  #attempt = new AbortController();
  /** Is what the followers were told; only while watching. */
  #version: ConfigMapVersion | undefined;
  #before: ConfigMapVersion | undefined;
  #watchingSince = 0;
  #refusedSince: number | undefined;
  #server = '';

  private constructor(key: string, target: WatchTarget) {
    this.#key = key;
    this.#target = target;
    this.#gate = new Gate(target);
  }

  /** Finds the watch of a target, or makes it; `last` is kept where nobody else has one, for it knows when to try again. */
  static of(target: WatchTarget, last: SharedWatch | undefined): SharedWatch {
    const { namespace, name, timing } = target;
    const key = JSON.stringify([identityOf(target), namespace, name, timing]);
    return SharedWatch.#all.get(key) ?? (last && last.#key === key ? last : new SharedWatch(key, target));
  }

  /**
   * Follows until the signal aborts.
   *
   * @throws {SourceError} when the attempt has failed: the next call starts another; or when the signal aborts before
   * anything was told, with what was waited for.
   */
  follow(sink: SourceSink, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return resolve();
      const leave = (): void => {
        const waiting = this.#waitingFor();
        this.#leave(follower);
        if (waiting === undefined) resolve();
        else reject(new SourceError(waiting));
      };
      const follower: Follower = {
        sink,
        fail: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#join(follower);
    });
  }

  #join(follower: Follower): void {
    this.#followers.add(follower);
    SharedWatch.#all.set(this.#key, this);
    if (this.#state === 'idle') void this.#run();
    else if (this.#version) this.#tell(follower, this.#version);
  }

  #leave(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size === 0 && this.#state !== 'idle') this.#end();
  }

  #waitingFor(): string | undefined {
    switch (this.#state) {
      case 'authorizing':
        return 'it was still getting the credentials';
      case 'listing':
        return `${this.#server} had not yet answered the request to list the ConfigMap`;
      case 'opening':
        return `${this.#server} had not yet answered the request to watch the ConfigMap`;
      default:
        return undefined;
    }
  }

  async #run(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    try {
      await this.#wait(signal);
      for (;;) {
        const [access, list] = await this.#list(await this.#authorize(signal), signal);
        const { revision, items } = list;
        const version = items[0] === undefined ? absent(revision) : readConfigMap(items[0], this.#target, this.#before);
        await this.#watch(await this.#open(access, revision, signal), version, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error);
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    this.#state = 'pausing';
    await this.#pause.over(signal);
  }

  async #authorize(signal: AbortSignal): Promise<Access> {
    this.#state = 'authorizing';
    return inTime(this.#gate.access(), AUTHORIZE_TIMEOUT_MS, 'getting the credentials', signal);
  }

  /** Lists; where the credentials have expired meanwhile, once more with new ones. */
  async #list(access: Access, signal: AbortSignal): Promise<[Access, ConfigMapList]> {
    this.#state = 'listing';
    const { timing } = this.#target;
    let current = access;
    let response = await this.#send(current, '', signal);
    if (response.statusCode === 401) {
      response.destroy();
      this.#gate.forget();
      current = await this.#authorize(signal);
      this.#state = 'listing';
      response = await this.#send(current, '', signal);
    }
    if (response.statusCode !== 200) throw await this.#refusal(response, 'list');
    const body = (await readBody(response, timing)).toString();
    return [current, parseList(body)];
  }

  async #open(access: Access, revision: string | undefined, signal: AbortSignal): Promise<[IncomingMessage, number]> {
    this.#state = 'opening';
    const seconds = watchSeconds(this.#target.timing);
    const query = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(revision ?? '')}`;
    const response = await this.#send(access, query, signal);
    if (response.statusCode !== 200) throw await this.#refusal(response, 'watch');
    this.#refusedSince = undefined;
    return [response, seconds];
  }

  /** Tells the list, then each version, until the watch ends: in its time it returns, else it throws. */
  async #watch(
    [response, seconds]: [IncomingMessage, number],
    list: ConfigMapVersion,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    this.#state = 'watching';
    this.#watchingSince = performance.now();
    this.#tellAll(list);
    const alive = (): void => {
      for (const { sink } of this.#followers) sink.alive();
    };
    for await (const line of readLines(response, this.#target.timing, alive)) {
      if (signal.aborted) return;
      const event = readEvent(line);
      if (event.type === 'DELETED') this.#tellAll(absent(event.revision));
      else if (event.type !== 'BOOKMARK') this.#tellAll(readConfigMap(event.object, this.#target, this.#before));
    }
    this.#version = undefined;
    // A server that shuts down ends watches as if their time had come: to come back at once would be a request storm.
    if (performance.now() - this.#watchingSince < (seconds * 1000) / 2)
      throw new SourceError('the API server ended the watch early');
    this.#pause.reset();
  }

  /** Sends a GET; while nothing answers at all it tries again at once, for the wait itself was a backoff. */
  async #send(access: Access, query: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { namespace, name, timing } = this.#target;
    this.#server = access.server.origin;
    const path = `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3D${name}${query}`;
    for (let tries = 1; ; tries++) {
      try {
        return await send(access, path, timing, signal);
      } catch (error) {
        if (!(error instanceof UnansweredError) || tries === CONNECT_TRIES || signal.aborted) throw error;
        for (const { sink } of this.#followers) sink.report(error);
      }
    }
  }

  #refusal(response: IncomingMessage, verb: string): Promise<SourceError> {
    const now = performance.now();
    this.#refusedSince ??= now;
    const fatalAtStart = now - this.#refusedSince > REFUSAL_PATIENCE_MS;
    return refusalOf(response, verb, this.#target, this.#target.timing, fatalAtStart);
  }

  #tellAll(version: ConfigMapVersion): void {
    this.#version = this.#before = version;
    for (const follower of this.#followers) this.#tell(follower, version);
  }

  /** What goes wrong with one follower is that follower's affair. */
  #tell(follower: Follower, { values, revision, origin }: ConfigMapVersion): void {
    try {
      follower.sink.replace(values, revision, origin);
    } catch (error) {
      this.#leave(follower);
      follower.fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#state === 'watching' && performance.now() - this.#watchingSince > STEADY_MS) this.#pause.reset();
    this.#pause.extend();
    // What is wrong may have been mended on disk by the time of the next attempt.
    this.#gate.forget();
    const followers = [...this.#followers];
    this.#followers.clear();
    this.#end();
    for (const follower of followers) follower.fail(error);
  }

  #end(): void {
    this.#state = 'idle';
    this.#version = undefined;
    this.#attempt.abort(new SourceError('the attempt is over'));
    this.#gate.disconnect();
    SharedWatch.#all.delete(this.#key);
  }
}
