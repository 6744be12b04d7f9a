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

/** Keeps notifiers in the order in which they subscribed; the same function may stand in it twice. */
export class Notifiers<T> {
  readonly #entries = new Set<{ readonly notify: Notifier<T> }>();

  get size(): number {
    return this.#entries.size;
  }

  add(notify: Notifier<T>, { signal }: NotifierOptions): void {
    if (signal?.aborted) return;
    const entry = { notify };
    this.#entries.add(entry);
    if (signal) onAbort(signal, () => this.#entries.delete(entry));
  }

  /** Calls each; a notifier that throws or rejects stops nobody else. */
  notify(next: T, previous: T, report: (thrown: unknown) => void): void {
    for (const { notify } of this.#entries) {
      try {
        const answer: unknown = notify(next, previous);
        if (answer !== undefined) Promise.resolve(answer).catch(report);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}
