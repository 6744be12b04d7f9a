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

/** Is a message, and the last event that it takes in. */
interface News {
  readonly text: string;
  readonly to: number;
}

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
  readonly #takePicture: () => RenderNews;
  readonly #unsubscribe: () => void;
  readonly #waiting = new Set<(word: 'news' | 'beat') => void>();
  readonly #news = new Map<string, Promise<News>>();
  #picture: { readonly render: RenderNews; readonly sequence: number } | undefined;
  #turn: Promise<void> = Promise.resolve();
  #streams = 0;
  #stopped = false;
  #told = 0;
  #looks = 0;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  /** @param takePicture gives what renders the present state for any filter; asked once for all streams that wake. */
  constructor(flags: FlagSet, recent: Recent, takePicture: () => RenderNews) {
    this.#recent = recent;
    this.#takePicture = takePicture;
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
        let now = this.#recent.sequence;
        if (seen === undefined) yield this.#event('reload', now, {});
        else if (seen < now || word === 'beat') {
          const news = await this.#tell(seen, filter);
          now = news.to;
          yield news.text;
        }
        // The page must know that nothing is missing before it may call itself live.
        else if (word === 'first') yield this.#event('current', now, {});
        seen = now;
        // Nobody wakes it for what happened while it was awake.
        if (this.#recent.sequence !== now) this.gather();
        word = await this.#next(gone);
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
    this.#forget();
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
    this.#forget();
    for (const wake of this.#waiting) wake(word);
    this.#waiting.clear();
  }

  #forget(): void {
    this.#news.clear();
    this.#picture = undefined;
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
  #tell(from: number, filter: Filter): Promise<News> {
    const key = JSON.stringify([from, this.#recent.sequence, filter]);
    const known = this.#news.get(key);
    if (known) return known;
    const news = this.#takeTurn().then(() => this.#write(from, filter));
    if (this.#news.size < MOST_TEXTS) this.#news.set(key, news);
    return news;
  }

  /** Many texts, one for each filter, are not made in one go: the service has other things to do. */
  #takeTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
    return this.#turn;
  }

  #write(from: number, filter: Filter): News {
    const names = this.#recent.since(from);
    if (names.length > MOST_FLAGS) {
      const to = this.#recent.sequence;
      return { to, text: this.#event('reload', to, {}) };
    }
    const { render, sequence: to } = this.#pictureAfter(from);
    return { to, text: this.#event('news', to, render(names, filter)) };
  }

  /** What happens while streams take their turns waits for the next time that they wake: else each had a new picture. */
  #pictureAfter(from: number): { readonly render: RenderNews; readonly sequence: number } {
    const { sequence } = this.#recent;
    const known = this.#picture;
    if (known && (known.sequence > from || known.sequence === sequence)) return known;
    this.#picture = { render: this.#takePicture(), sequence };
    return this.#picture;
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
