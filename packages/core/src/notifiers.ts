/** Is told of a new value, after `get()` gives it; a rejected promise is reported like a throw. */
export type Notifier<T> = (next: T, previous: T) => void | Promise<void>;

/** Configures a subscription. */
export interface NotifierOptions {
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal;
}

/** Keeps notifiers in the order in which they subscribed; the same function may stand in it twice. */
export class Notifiers<T> {
  readonly #entries = new Set<{ readonly notify: Notifier<T> }>();

  add(notify: Notifier<T>, { signal }: NotifierOptions): void {
    if (signal?.aborted) return;
    const entry = { notify };
    this.#entries.add(entry);
    signal?.addEventListener('abort', () => this.#entries.delete(entry), { once: true });
  }

  /** Calls each; a notifier that throws or rejects stops nobody else. */
  notify(next: T, previous: T, report: (thrown: unknown) => void): void {
    for (const { notify } of this.#entries) {
      try {
        const answer: unknown = notify(next, previous);
        if (answer instanceof Promise) answer.catch(report);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}
