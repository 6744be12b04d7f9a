import { setTimeout } from 'node:timers/promises';
import { SourceError } from '@flagz/core';
import type { Connection } from './connection.ts';
import { CONNECT_TIMEOUT_MS } from './load-prefix.ts';
import type { KeyRange, Picture } from './mirror.ts';

/** How often it is looked whether everything has arrived, in milliseconds. */
const LOOK_EVERY_MS = 20;

/** Is what a cluster held under a prefix at one moment, as far as it tells whether a picture of it is complete. */
interface Front {
  /** The revision of the whole store. */
  readonly revision: bigint;
  /** How many keys there were. */
  readonly count: number;
  /** The revision of the one that was written last. */
  readonly newest: bigint;
}

/** Is who asks for admission, and the answers. */
export interface Desk<Newcomer> {
  /** Lists who waits. */
  waiting(): readonly Newcomer[];
  admit(newcomer: Newcomer): void;
  /** Refuses one: the server does, or it does not answer. */
  refuse(newcomer: Newcomer, error: Error): void;
}

/**
 * Admits newcomers to a watch that others follow already, as soon as it has told all that was there when they came: by a
 * linearizable read of theirs, as any start makes one. So a start never succeeds with the past, be it that the watch has a
 * gap to close, or that nobody answers any more and it has not been noticed yet.
 *
 *     come ──▶ read the newest key ──▶ wait for what it tells of ──▶ admit
 *                     └─ failed ─▶ refuse
 */
export class Admission<Newcomer> {
  readonly #connection: Connection;
  readonly #range: KeyRange;
  /** What is told to who is admitted. */
  readonly picture: Picture;
  readonly #signal: AbortSignal;
  readonly #desk: Desk<Newcomer>;
  #running = false;

  /** @param signal ends it, without a word. */
  constructor(connection: Connection, range: KeyRange, picture: Picture, signal: AbortSignal, desk: Desk<Newcomer>) {
    this.#connection = connection;
    this.#range = range;
    this.picture = picture;
    this.#signal = signal;
    this.#desk = desk;
  }

  /** Admits who waits: one read for all who wait when it is asked. Never rejects. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let coming = this.#desk.waiting(); coming.length > 0; coming = this.#desk.waiting()) {
      const error = await this.#complete().then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
      );
      for (const newcomer of coming) {
        if (this.#signal.aborted) return;
        if (error) this.#desk.refuse(newcomer, error);
        else this.#desk.admit(newcomer);
      }
    }
    this.#running = false;
  }

  async #complete(): Promise<void> {
    const front = await this.#look();
    while (!this.#hasReached(front)) await setTimeout(LOOK_EVERY_MS, undefined, { signal: this.#signal });
  }

  async #look(): Promise<Front> {
    const { key, range_end } = this.#range;
    const before = this.picture.revision;
    const newest = { key, range_end, limit: 1, keys_only: true, sort_target: 'Mod', sort_order: 'Descend' } as const;
    const { header, count, kvs } = await this.#connection.range(newest, CONNECT_TIMEOUT_MS, this.#signal);
    const revision = BigInt(header.revision);
    if (revision < before) throw new SourceError('the data are older than what was told before: were they restored?');
    return { revision, count: Number(count), newest: BigInt(kvs[0]?.mod_revision ?? 0) };
  }

  /** A key that was written since has a newer revision than the picture; one that was deleted is missing from the count. */
  #hasReached({ revision, count, newest }: Front): boolean {
    const { mirror, revision: told } = this.picture;
    return told >= revision || (newest <= told && count === mirror.size);
  }
}
