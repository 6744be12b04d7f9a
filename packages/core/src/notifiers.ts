/** Is told of a new value, after `get()` gives it; a rejected promise is reported like a throw. */
export type Notifier<T> = (next: T, previous: T) => void | Promise<void>;

/** Configures a subscription. */
export interface NotifierOptions {
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal;
}

/** What to do at each signal's abort: one listener a signal, since runtimes take many for a leak. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function onAbort(signal: AbortSignal, act: () => void): void {
  const known = waiting.get(signal);
  if (known) {
    known.add(act);
    return;
  }
  const acts = new Set([act]);
  waiting.set(signal, acts);
  signal.addEventListener('abort', () => acts.forEach((one) => one()), { once: true });
}

/** Is one subscription; without a notifier it is over. */
interface Entry<T> {
  notify: Notifier<T> | undefined;
}

/** Keeps notifiers in the order in which they subscribed; the same function may stand in it twice. */
export class Notifiers<T> {
  /** A list, which takes less to fetch from memory than a set. */
  #entries: Entry<T>[] = [];
  #over = 0;

  add(notify: Notifier<T>, { signal }: NotifierOptions): void {
    if (signal?.aborted) return;
    const entry = { notify };
    this.#entries.push(entry);
    if (signal) onAbort(signal, () => this.#end(entry));
  }

  /** Calls each that was there when it began; a notifier that throws or rejects stops nobody else. */
  notify(next: T, previous: T, report: (thrown: unknown) => void): void {
    const entries = this.#entries;
    const { length } = entries;
    for (let at = 0; at < length; at++) {
      const notify = entries[at]?.notify;
      if (!notify) continue;
      try {
        const answer: unknown = notify(next, previous);
        if (answer !== undefined) Promise.resolve(answer).catch(report);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  clear(): void {
    for (const entry of this.#entries) entry.notify = undefined;
    this.#entries = [];
    this.#over = 0;
  }

  /** Ends a subscription. Once most of them are over the list is made anew: whoever walks through the old one goes on. */
  #end(entry: Entry<T>): void {
    if (!entry.notify) return;
    entry.notify = undefined;
    this.#over++;
    if (2 * this.#over <= this.#entries.length) return;
    this.#entries = this.#entries.filter(({ notify }) => notify);
    this.#over = 0;
  }
}
