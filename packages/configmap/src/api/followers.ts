import type { SourceSink } from '@flagz/core';
import type { ConfigMapVersion } from './config-map.ts';

/** Is one watcher of one flag set. */
export interface Follower {
  readonly sink: SourceSink;
  fail(error: Error): void;
}

/** Tells all who follow a watch. What goes wrong with one follower is that follower's affair. */
export class Followers {
  readonly #all = new Set<Follower>();

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
    try {
      follower.sink.replace(version.values, version.revision, version.origins);
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
}
