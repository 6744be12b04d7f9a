import type { ChangeOrigin, SourceSink } from '@flagz/core';
import type { ConfigMapVersion } from './config-map.ts';
import { originsOf } from './written-by.ts';

/** Remembers what was told to one flag set. */
export interface Told {
  version: ConfigMapVersion | undefined;
}

/** Remembers from one attempt of a source to the next what each flag set was told: several may watch one source. */
export class Memory {
  readonly #told = new WeakMap<object, Told>();

  /** Finds what was told: a sink lives for one attempt, the flags behind it as long as their set. */
  toldTo(sink: SourceSink): Told {
    const told: Told = { version: undefined };
    const [flag] = sink.flags();
    if (!flag) return told;
    const known = this.#told.get(flag);
    if (!known) this.#told.set(flag, told);
    return known ?? told;
  }
}

/** Is one watcher of one flag set. */
export interface Follower {
  readonly sink: SourceSink;
  readonly told: Told;
  fail(error: Error): void;
}

/** Tells all who follow a watch. What goes wrong with one follower is that follower's affair. */
export class Followers {
  readonly #all = new Set<Follower>();
  /** Is who wrote what came between two versions: found once for all who were told the first. */
  #written:
    | { from: ConfigMapVersion | undefined; to: ConfigMapVersion; origins: ReadonlyMap<string, ChangeOrigin> }
    | undefined;

  get size(): number {
    return this.#all.size;
  }

  add(follower: Follower): void {
    this.#all.add(follower);
  }

  remove(follower: Follower): void {
    this.#all.delete(follower);
  }

  tellAll(version: ConfigMapVersion): void {
    for (const follower of this.#all) this.tell(follower, version);
  }

  /** Tells one; it follows no more when it cannot be told. */
  tell(follower: Follower, version: ConfigMapVersion): void {
    const { sink, told } = follower;
    const origins = this.#originsSince(told.version, version);
    told.version = version;
    try {
      sink.replace(version.values, version.revision, origins);
    } catch (error) {
      this.remove(follower);
      follower.fail(error as Error);
    }
  }

  /** Says that the connection lives. */
  alive(): void {
    for (const { sink } of this.#all) sink.alive();
  }

  /** Says what is wrong without giving up. */
  report(error: Error): void {
    for (const { sink } of this.#all) sink.report(error);
  }

  /** Lets go of all, telling them why, when `whenEmpty` has run. */
  failAll(error: Error, whenEmpty: () => void): void {
    const followers = [...this.#all];
    this.#all.clear();
    whenEmpty();
    for (const follower of followers) follower.fail(error);
  }

  #originsSince(from: ConfigMapVersion | undefined, to: ConfigMapVersion): ReadonlyMap<string, ChangeOrigin> {
    if (this.#written?.from !== from || this.#written?.to !== to)
      this.#written = { from, to, origins: originsOf(to, from) };
    return this.#written.origins;
  }
}
