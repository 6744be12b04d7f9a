import type { Flag, ValuesOf } from './flag.ts';
import { Notifiers, type Notifier, type NotifierOptions } from './notifiers.ts';

/** Holds a value computed from several flags. {@link derive} makes them. */
export class Derived<T> {
  readonly #flags: readonly Flag<unknown>[];
  readonly #compute: () => T;
  #value: T;
  /** @internal */
  readonly notifiers: Notifiers<unknown> = new Notifiers();

  /** @internal */
  constructor(flags: readonly Flag<unknown>[], compute: () => T) {
    this.#flags = flags;
    this.#compute = compute;
    this.#value = compute();
    for (const { node } of flags) node.dependents = [...node.dependents, this];
  }

  /** Gives the current value: a field read. */
  get(): T {
    return this.#value;
  }

  /** Names the flags, for messages. @internal */
  get name(): string {
    return this.#flags.map((flag) => flag.name).join(', ');
  }

  /** @internal */
  get sensitive(): boolean {
    return this.#flags.some((flag) => flag.sensitive);
  }

  /**
   * Adds a notifier, called after those of the flags when a batch gave another value: the place to close the previous one.
   *
   * @param options.signal ends the subscription.
   */
  withNotifier(notifier: Notifier<T>, options: NotifierOptions = {}): this {
    this.notifiers.add(notifier as Notifier<unknown>, options);
    return this;
  }

  /** Computes anew and gives the value it replaces. What `compute` throws leaves the last value. @internal */
  update(): T {
    const previous = this.#value;
    this.#value = this.#compute();
    return previous;
  }

  /** Lets go of the flags: the value stays as it is. */
  [Symbol.dispose](): void {
    for (const { node } of this.#flags) node.dependents = node.dependents.filter((one) => one !== this);
    this.notifiers.clear();
  }
}

/**
 * Computes a value from several flags, at once and then once per batch that changes one of them.
 *
 * The value is current before any notifier runs. A computation that throws in a batch keeps the last value and is reported
 * as a `notifier-error`.
 *
 * @example
 * const pool = derive([size, timeout], (max, idleMs) => new Pool({ max, idleMs }))
 *   .withNotifier((_next, previous) => previous.end());
 */
export function derive<const Flags extends readonly Flag<unknown>[], T>(
  flags: Flags,
  compute: (...values: ValuesOf<Flags>) => T,
): Derived<T> {
  return new Derived(flags, () => compute(...(flags.map((flag) => flag.get()) as ValuesOf<Flags>)));
}
