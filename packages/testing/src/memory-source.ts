import { type BatchOutcome, type RawValue, type Source, SourceError, type SourceSink } from '@flagz/core';

/** Configures a {@link MemorySource}. */
export interface MemorySourceOptions {
  /** Names the layer. @default 'memory' */
  readonly name?: string;
}

/** Is one attempt of one watcher. */
interface Attempt {
  readonly sink: SourceSink;
  fail(error: unknown): void;
}

/**
 * Holds raw values in memory and tells its watchers of each change before the call returns. Its faults are the test's:
 * it throws, falls silent, or loses its connection when told to.
 */
export class MemorySource implements Source {
  readonly name: string;
  readonly #values: Map<string, RawValue>;
  readonly #attempts = new Set<Attempt>();
  #revision = 1;
  #silent = false;
  #disconnected: Error | undefined;
  #started = 0;

  /** @internal */
  constructor(values: Iterable<readonly [string, RawValue]>, name: string) {
    this.#values = new Map(values);
    this.name = name;
  }

  /** Counts how often a watcher started the source. */
  get started(): number {
    return this.#started;
  }

  /** Counts the watchers that follow it right now. */
  get watchers(): number {
    return this.#attempts.size;
  }

  /** Follows the memory; only watchers call it. */
  async watch(sink: SourceSink, signal: AbortSignal): Promise<void> {
    this.#started++;
    const ended = new Promise<void>((resolve, reject) => {
      const attempt: Attempt = { sink, fail: reject };
      this.#attempts.add(attempt);
      signal.addEventListener('abort', () => {
        this.#attempts.delete(attempt);
        resolve();
      });
    });
    ended.catch(() => {});
    if (this.#disconnected) throw this.#disconnected;
    if (!this.#silent) sink.replace(this.#values, String(this.#revision));
    await ended;
  }

  /** Sets one key, as one batch. */
  set(key: string, value: RawValue): void {
    this.update({ [key]: value });
  }

  /** Removes one key, as one batch. */
  delete(key: string): void {
    this.update({ [key]: undefined });
  }

  /** Changes several keys, as one batch; `undefined` removes a key. Gives what each watcher made of it. */
  update(changes: Readonly<Record<string, RawValue | undefined>>): readonly BatchOutcome[] {
    const entries = Object.entries(changes);
    for (const [key, value] of entries) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
    }
    this.#revision++;
    return this.#tell((sink) => sink.update(entries, String(this.#revision)));
  }

  /** Exchanges everything, as one batch. Gives what each watcher made of it. */
  replace(values: Readonly<Record<string, RawValue>>): readonly BatchOutcome[] {
    this.#values.clear();
    for (const [key, value] of Object.entries(values)) this.#values.set(key, value);
    this.#revision++;
    return this.#tell((sink) => sink.replace(this.#values, String(this.#revision)));
  }

  /** Says that it is alive. */
  alive(): void {
    this.#tell((sink) => sink.alive());
  }

  /** Throws in each attempt under way, once: watchers start it again. */
  fail(error: Error = new SourceError('failed on request')): void {
    for (const attempt of this.#attempts) attempt.fail(error);
    this.#attempts.clear();
  }

  /** Falls silent: nothing is loaded or told, nothing fails, until {@link MemorySource.resume}. */
  stall(): void {
    this.#silent = true;
  }

  /** Speaks again, and first tells everything that was missed. */
  resume(): void {
    this.#silent = false;
    this.#tell((sink) => sink.replace(this.#values, String(this.#revision)));
  }

  /** Throws in each attempt, until {@link MemorySource.reconnect}. */
  disconnect(error: Error = new SourceError('disconnected on request')): void {
    this.#disconnected = error;
    this.fail(error);
  }

  /** Lets the next attempt succeed. */
  reconnect(): void {
    this.#disconnected = undefined;
  }

  #tell<T>(say: (sink: SourceSink) => T): T[] {
    return this.#silent ? [] : Array.from(this.#attempts, ({ sink }) => say(sink));
  }
}

/**
 * Makes a source that lives in memory.
 *
 * @example
 * const source = memorySource({ rate: '10' });
 * await using watcher = await flags.watch(source);
 * source.set('rate', '20');
 * rate.get(); //=> 20
 */
export function memorySource(
  values: Readonly<Record<string, RawValue>> = {},
  options: MemorySourceOptions = {},
): MemorySource {
  return new MemorySource(Object.entries(values), options.name ?? 'memory');
}
