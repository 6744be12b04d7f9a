import type { FlagSet } from '@flagz/core';
import type { Recent } from './recent.ts';

/** How long events are gathered before they are told, so that a burst is one message. */
const GATHER_MS = 100;
/** How often everything that has no event, such as the last success of a source, is told anew. */
const BEAT_MS = 15_000;
/** From so many flags on, loading the page again is less work for all. */
const MOST_FLAGS = 200;
const MOST_STREAMS = 500;

/** Is what the page shows of the flags that changed. */
export type RenderNews = (names: readonly string[]) => object;

/**
 * Tells pages what changed, as server-sent events.
 *
 *     events ──▶ Recent ──gathered──▶ every stream wakes, and asks for what it has not seen
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
  #streams = 0;
  #stopped = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #beat: ReturnType<typeof setInterval> | undefined;
  #last: { readonly from: number; readonly to: number; readonly text: string } | undefined;

  constructor(flags: FlagSet, recent: Recent, render: RenderNews) {
    this.#recent = recent;
    this.#render = render;
    this.#unsubscribe = flags.subscribe((event) => {
      recent.take(event);
      this.gather();
    });
  }

  /** Names the present state, for a page to go on from. */
  get position(): string {
    return `${this.epoch}-${this.#recent.sequence}`;
  }

  /** Tells whether one more page can be served. */
  get full(): boolean {
    return this.#stopped || this.#streams >= MOST_STREAMS;
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

  /** Streams what happens after a position, until `gone` aborts. */
  async *stream(position: string, gone: AbortSignal): AsyncGenerator<string, void, void> {
    this.#enter();
    try {
      let seen = this.#readPosition(position);
      yield 'retry: 2000\n\n';
      while (!gone.aborted && !this.#stopped) {
        const now = this.#recent.sequence;
        if (seen === undefined) {
          yield this.#event('reload', now, {});
        } else if (seen < now) {
          yield this.#news(seen, now);
        }
        seen = now;
        if (this.#recent.sequence === now && (await this.#next(gone)) === 'beat') yield this.#news(seen, seen);
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
    this.#beat ??= setInterval(() => this.#wake('beat'), BEAT_MS);
    this.#beat.unref?.();
  }

  #leave(): void {
    if (--this.#streams > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
    this.#last = undefined;
  }

  #wake(word: 'news' | 'beat'): void {
    this.#last = undefined;
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

  /** Pages in step get the same text, which is made once. */
  #news(from: number, to: number): string {
    if (this.#last?.from === from && this.#last.to === to) return this.#last.text;
    const names = this.#recent.since(from);
    const text =
      names.length > MOST_FLAGS ? this.#event('reload', to, {}) : this.#event('news', to, this.#render(names));
    this.#last = { from, to, text };
    return text;
  }

  #event(name: string, sequence: number, data: object): string {
    return `event: ${name}\nid: ${this.epoch}-${sequence}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #readPosition(position: string): number | undefined {
    const [epoch, sequence = ''] = position.split('-');
    if (epoch !== this.epoch || !/^\d{1,15}$/.test(sequence)) return undefined;
    return Math.min(Number(sequence), this.#recent.sequence);
  }
}
