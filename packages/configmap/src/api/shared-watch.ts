import { SourceError, type SourceSink } from '@flagz/core';
import { type Access, Gate } from './access.ts';
import { type Asker, type WatchTarget, keyOf } from './asker.ts';
import type { ConfigMapList } from './config-map-list.ts';
import { type ConfigMapVersion, absent, readConfigMap, readDeleted } from './config-map.ts';
import { readLines } from './exchange.ts';
import { type Follower, Followers } from './followers.ts';
import { type Identity, identityOf } from './identity.ts';
import type { KubeConfigLike } from './kube-config.ts';
import { BACKOFF, Pause } from './pause.ts';
import { BusyError, UnknownAskerError } from './refusal.ts';
import { type OpenWatch, Requests } from './requests.ts';
import { readEvent } from './watch-event.ts';

/** Is a follower, who follows one watch at a time. */
interface Member extends Follower {
  readonly asker: Asker;
  watch: SharedWatch;
}

type State = 'idle' | 'pausing' | 'authorizing' | 'listing' | 'opening' | 'watching';

/** A watch that lived for so long, in milliseconds, says that the server is well. */
const STEADY_MS = 1_000;
/** Whoever is away for so long, in milliseconds, does not merely wait for the next attempt. */
const AWAY_MS = 2 * BACKOFF.maxMs;

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
 * A list is told once the watch from its revision stands: who has loaded follows. Each connect lists, so no revision
 * of before is asked for, which may be compacted, or ahead of a server that was restored.
 */
export class SharedWatch {
  static readonly #all = new Map<string, SharedWatch>();

  #key: string;
  readonly #target: WatchTarget;
  readonly #gate: Gate;
  readonly #pause = new Pause();
  readonly #followers = new Followers();
  /** Are the same, as those who can be asked who they are. */
  readonly #members = new Set<Member>();
  readonly #requests: Requests;
  #state: State = 'idle';
  #attempt = new AbortController();
  /** Is what the followers were told; only while watching. */
  #version: ConfigMapVersion | undefined;
  #before: ConfigMapVersion | undefined;
  #watchingSince = 0;
  #endedAt = 0;

  private constructor(target: WatchTarget, config: KubeConfigLike, identity: Identity) {
    this.#key = keyOf(target, identity);
    this.#target = target;
    this.#gate = new Gate(target, config);
    this.#requests = new Requests(target, (error) => this.#followers.report(error));
  }

  /** Finds the watch of a target, or makes it; `last` is kept where nobody else has one, for it knows when to try again. */
  static of(target: WatchTarget, config: KubeConfigLike, last: SharedWatch | undefined): SharedWatch {
    const identity = identityOf(config, target);
    const key = keyOf(target, identity);
    const running = SharedWatch.#all.get(key);
    if (running) return running;
    if (!last || last.#key !== key) return new SharedWatch(target, config, identity);
    last.#gate.renew(config);
    return last;
  }

  /**
   * Follows until the signal aborts.
   *
   * @throws {SourceError} when the attempt has failed: the next call starts another; or when the signal aborts before
   * anything was told, with what was waited for.
   */
  follow(sink: SourceSink, signal: AbortSignal, asker: Asker): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return resolve();
      const leave = (): void => {
        const waiting = member.watch.#waitingFor();
        member.watch.#leave(member);
        if (waiting === undefined) resolve();
        else reject(new SourceError(waiting));
      };
      const member: Member = {
        sink,
        asker,
        watch: this,
        fail: (error) => {
          member.watch.#members.delete(member);
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#join(member);
    });
  }

  /** Forgets what was refused where nobody follows: time in which nobody asks is no refusal. */
  forgetIfAlone(): void {
    if (this.#followers.size === 0) this.#requests.forget();
  }

  #join(member: Member): void {
    member.watch = this;
    this.#members.add(member);
    this.#followers.add(member);
    this.#enlist();
    if (this.#state === 'idle') void this.#run();
    else if (this.#version) this.#followers.tell(member, this.#version);
    this.#endIfAlone();
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    this.#followers.remove(member);
    this.#endIfAlone();
  }

  #endIfAlone(): void {
    if (this.#followers.size > 0 || this.#state === 'idle') return;
    this.#end();
    this.forgetIfAlone();
  }

  #waitingFor(): string | undefined {
    switch (this.#state) {
      case 'authorizing':
        return `it was still waiting for ${this.#gate.waitsFor}`;
      case 'listing':
        return `${this.#requests.server} had not yet answered the request to list the ConfigMap`;
      case 'opening':
        return `${this.#requests.server} had not yet answered the request to watch the ConfigMap`;
      default:
        return undefined;
    }
  }

  async #run(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    if (performance.now() - this.#endedAt > AWAY_MS) this.#requests.forget();
    try {
      this.#enter('pausing', signal);
      await this.#pause.over(signal);
      for (;;) {
        const [access, { revision, item }] = await this.#list(signal);
        const version = item === undefined ? absent(revision) : readConfigMap(item, this.#target, this.#before);
        this.#enter('opening', signal);
        await this.#watch(await this.#requests.watch(access, revision, signal), version, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error);
    }
  }

  /** An attempt that is over must not speak for the next one. */
  #enter(state: State, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#state = state;
  }

  async #authorize(signal: AbortSignal): Promise<Access> {
    this.#enter('authorizing', signal);
    const access = await this.#gate.access(signal);
    signal.throwIfAborted();
    this.#become(access.identity);
    signal.throwIfAborted();
    return access;
  }

  /**
   * Answers to what the credentials are now: a token that is renewed on disk is renewed for all followers of that file.
   *
   * Whoever says something else now must say anew who he is. Where another watch says the same now, this one goes on for both.
   */
  #become(identity: Identity): void {
    for (const member of this.#members) {
      if (member.asker.is(identity, this.#target)) continue;
      this.#leave(member);
      member.fail(new SourceError('the kubeconfig has another current context now'));
    }
    const key = keyOf(this.#target, identity);
    if (key === this.#key || this.#members.size === 0) return;
    this.#unlist();
    this.#key = key;
    const same = SharedWatch.#all.get(key);
    // What the other one has told may be old: this one is about to list.
    if (same) {
      for (const member of same.#members) {
        same.#leave(member);
        this.#join(member);
      }
    }
    this.#enlist();
  }

  #enlist(): void {
    if (!SharedWatch.#all.has(this.#key)) SharedWatch.#all.set(this.#key, this);
  }

  #unlist(): void {
    if (SharedWatch.#all.get(this.#key) === this) SharedWatch.#all.delete(this.#key);
  }

  /** Lists; where the credentials have expired meanwhile, once more with new ones. */
  async #list(signal: AbortSignal): Promise<[Access, ConfigMapList]> {
    const attempt = async (): Promise<[Access, ConfigMapList]> => {
      const access = await this.#authorize(signal);
      this.#enter('listing', signal);
      return [access, await this.#requests.list(access, signal)];
    };
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnknownAskerError) || signal.aborted) throw error;
      this.#gate.refuse();
      return attempt();
    }
  }

  /** Tells the list, then each version, until the watch ends: in its time it returns, else it throws. */
  async #watch({ response, seconds }: OpenWatch, list: ConfigMapVersion, signal: AbortSignal): Promise<void> {
    this.#enter('watching', signal);
    this.#watchingSince = performance.now();
    this.#tellAll(list);
    const alive = (): void => this.#followers.alive();
    for await (const line of readLines(response, this.#target.timing, seconds, alive)) {
      if (signal.aborted) return;
      const event = readEvent(line);
      if (event.type === 'BOOKMARK') alive();
      else if (event.type === 'DELETED') this.#tellAll(readDeleted(event.object, this.#target));
      else this.#tellAll(readConfigMap(event.object, this.#target, this.#before, 'watched'));
    }
    this.#version = undefined;
    // A server that shuts down ends watches as if their time had come: to come back at once would be a request storm.
    if (performance.now() - this.#watchingSince < (seconds * 1000) / 2)
      throw new SourceError('the API server ended the watch early');
    this.#pause.reset();
  }

  #tellAll(version: ConfigMapVersion): void {
    this.#version = this.#before = version;
    this.#followers.tellAll(version);
    this.#endIfAlone();
  }

  #fail(error: Error): void {
    if (this.#state === 'watching' && performance.now() - this.#watchingSince > STEADY_MS) this.#pause.reset();
    this.#pause.extend(error instanceof BusyError ? error.retryAfterMs : 0);
    // Who starts gives up now: who comes next has waited for nothing yet.
    if (error instanceof SourceError && error.fatalAtStart) this.#requests.forget();
    this.#followers.failAll(error, () => this.#end());
  }

  #end(): void {
    this.#state = 'idle';
    this.#endedAt = performance.now();
    this.#version = undefined;
    this.#attempt.abort(new SourceError('the attempt is over'));
    this.#gate.disconnect();
    this.#unlist();
  }
}
