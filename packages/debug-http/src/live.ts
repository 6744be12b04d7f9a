import type { FlagSet } from '@flagz/core';
import type { Filter } from './filter.ts';
import type { Recent } from './recent.ts';

/** How long events are gathered before they are told, so that a burst is one message. */
const GATHER_MS = 100;
/** How often to look for what no event tells. */
const LOOK_MS = 1_000;
/** After so many looks times, such as the last success of a source, are told anew. */
const LOOKS_PER_BEAT = 15;
/** From so many flags on, loading the page again is less work for all. */
const MOST_FLAGS = 200;
const MOST_STREAMS = 500;
/** Pages with filters of their own get texts of their own; so many are kept for others with the same. */
const MOST_TEXTS = 16;

/** Is what a page with a filter shows of the flags that changed. */
export type RenderNews = (names: readonly string[], filter: Filter) => object;

/**
 * Tells pages what changed, as server-sent events.
 *
 *     events, looks ──▶ Recent ──gathered──▶ every stream wakes, and asks for what it has not seen
 *
 * A stream keeps the number of the last event that it has told, nothing else: one that nobody reads costs no memory
 * however much happens, and catches up in one message. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class LiveFeed {
  /** Tells this handler from one of an earlier process: numbers of events mean nothing across a restart. */
  readonly epoch: string = crypto.randomUUID().slice(0, 8);
  readonly #recent: Recent;
  readonly #render: RenderNews;
  readonly #unsubscribe: () => void;
  readonly #waiting = new Set<(word: 'news' | 'beat') => void>();
  readonly #texts = new Map<string, string>();
  #streams = 0;
  #stopped = false;
  #told = 0;
  #looks = 0;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(flags: FlagSet, recent: Recent, render: RenderNews) {
    this.#recent = recent;
    this.#render = render;
    this.#unsubscribe = flags.subscribe((event) => {
      recent.take(event);
      this.gather();
    });
  }

  /** Names the present state, for a page to go on from: it is another one when anything shown has changed but times. */
  get position(): string {
    return `${this.epoch}-${this.#recent.look()}`;
  }

  /** Tells whether one more page can be served. */
  get full(): boolean {
    return this.#stopped || this.#streams >= MOST_STREAMS;
  }

  /** Tells whether events still reach it; without them the position may miss something. */
  get listening(): boolean {
    return !this.#stopped;
  }

  /** Has the streams told soon; costs nothing while there are none. */
  gather(): void {
    if (this.#streams === 0 || this.#gathering || this.#stopped) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#wake('news');
    }, GATHER_MS);
    this.#gathering.unref?.();
  }

  /** Streams to a page with that filter what happens after a position, until `gone` aborts. */
  async *stream(position: string, filter: Filter, gone: AbortSignal): AsyncGenerator<string, void, void> {
    this.#enter();
    try {
      let seen = this.#readPosition(position);
      yield 'retry: 2000\n\n';
      let word: 'news' | 'beat' | 'first' = 'first';
      while (!gone.aborted && !this.#stopped) {
        const now = this.#recent.sequence;
        if (seen === undefined) yield this.#event('reload', now, {});
        else if (seen < now || word === 'beat') yield this.#news(seen, now, filter);
        // The page must know that nothing is missing before it may call itself live.
        else if (word === 'first') yield this.#event('current', now, {});
        seen = now;
        word = this.#recent.sequence === now ? await this.#next(gone) : 'news';
      }
    } finally {
      this.#leave();
    }
  }

  /** Ends all streams. */
  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    clearTimeout(this.#gathering);
    this.#wake('news');
  }

  #enter(): void {
    this.#streams++;
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS);
    this.#looking.unref?.();
  }

  #leave(): void {
    if (--this.#streams > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
    this.#texts.clear();
  }

  #look(): void {
    const before = this.#told;
    this.#told = this.#recent.look();
    this.#looks = (this.#looks + 1) % LOOKS_PER_BEAT;
    if (this.#looks === 0) this.#wake('beat');
    else if (this.#told !== before) this.gather();
  }

  #wake(word: 'news' | 'beat'): void {
    this.#recent.look();
    this.#texts.clear();
    for (const wake of this.#waiting) wake(word);
    this.#waiting.clear();
  }

  #next(gone: AbortSignal): Promise<'news' | 'beat'> {
    return new Promise((resolve) => {
      const wake = (word: 'news' | 'beat'): void => {
        gone.removeEventListener('abort', onGone);
        resolve(word);
      };
      const onGone = (): void => {
        this.#waiting.delete(wake);
        resolve('news');
      };
      if (gone.aborted || this.#stopped) return resolve('news');
      this.#waiting.add(wake);
      gone.addEventListener('abort', onGone, { once: true });
    });
  }

  /** Pages in step, with the same filter, get the same text, which is made once. */
  #news(from: number, to: number, filter: Filter): string {
    const key = JSON.stringify([from, to, filter]);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const names = this.#recent.since(from);
    const text =
      names.length > MOST_FLAGS ? this.#event('reload', to, {}) : this.#event('news', to, this.#render(names, filter));
    if (this.#texts.size < MOST_TEXTS) this.#texts.set(key, text);
    return text;
  }

  #event(name: string, sequence: number, data: object): string {
    return `event: ${name}\nid: ${this.epoch}-${sequence}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #readPosition(position: string): number | undefined {
    const [epoch, sequence = ''] = position.split('-');
    if (epoch !== this.epoch || !/^\d{1,15}$/.test(sequence)) return undefined;
    return Math.min(Number(sequence), this.#recent.look());
  }
}
