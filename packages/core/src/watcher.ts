import { backoffMs } from './backoff.ts';
import type { BatchRequest } from './batch.ts';
import type { BatchEngine } from './batch-engine.ts';
import { type FlagError, SourceError, reasonOf } from './errors.ts';
import { quote } from './escape.ts';
import type { Layer } from './layer.ts';
import type { BatchOrigin, BatchOutcome, Rejection, Source, SourceSink, WatcherState } from './source.ts';
import { after, delay, within } from './waiting.ts';
import type { WatchOptions, WatcherStatus } from './watch-options.ts';

/** How long a source may take to end after its signal has aborted, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;

/** Says how far an attempt has come. */
interface Progress {
  /** Whether its sink still listens. */
  open: boolean;
  /** Whether it has followed the source, so that the next failure is a first one. */
  loaded: boolean;
}

/**
 * Keeps one source at work on one layer: starts it, bounds its start, starts it again, reports its state, stops it.
 *
 *     starting ──load──▶ live ◀──heard── stale
 *         │               └──failed,silent─▲
 *         └──────── stop, failed start ──────────▶ stopped
 *
 * One attempt at a time: attempt, wait, attempt. Each has a sink of its own, which is deaf once the attempt is over.
 */
export class Watcher {
  /**
   * Resolves when the start is over.
   *
   * @internal
   */
  readonly started: Promise<void>;
  // First what each batch looks at, side by side in memory: of many flag sets, one batch after another has to fetch it.
  readonly #engine: BatchEngine;
  readonly #layer: Layer;
  /** Says what the signal says, and is read for each batch: a signal's getters cost more than a small batch's checks. */
  #stopping = false;
  #loaded = false;
  #revision: string | undefined;
  #state: WatcherState = 'starting';
  /** Below 0 where there was none: a field that only ever holds numbers is written in place. */
  #lastSuccess = -1;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #source: Source;
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #lastError: FlagError | undefined;
  #restarts = 0;
  #firstLoad: { done(outcome: BatchOutcome): void; failed(error: unknown): void } | undefined;

  /** @internal */
  constructor(source: Source, layer: Layer, engine: BatchEngine, options: WatchOptions) {
    this.#source = source;
    this.#layer = layer;
    layer.owner = this;
    this.#engine = engine;
    this.#options = options;
    this.started = this.#start();
    this.#running = this.#run();
  }

  /** Gives the source's name, which is the layer's. */
  get source(): string {
    return this.#source.name;
  }

  /** Tells how the source is doing. */
  get state(): WatcherState {
    return this.#state;
  }

  /** Gives a picture of the watcher at this moment. */
  get status(): WatcherStatus {
    return {
      source: this.#source.name,
      state: this.#state,
      lastError: this.#lastError,
      lastSuccess: this.#lastSuccess < 0 ? undefined : this.#lastSuccess,
      restarts: this.#restarts,
      revision: this.#revision,
      rejected: [...this.#layer.rejected.values()].map(({ rejection }) => rejection),
      unknown: [...this.#layer.unknown.keys()],
    };
  }

  /**
   * Stops the source and resolves when it has ended; a second call is fine. Nothing it says from now on counts.
   *
   * @param options.clear takes the source's values away: flags fall back to the layers below. @default false
   * @throws {SourceError} when the source has not ended within 5 s of its signal.
   */
  async stop({ clear = false }: { readonly clear?: boolean } = {}): Promise<void> {
    this.#stopping = true;
    this.#stop.abort();
    this.#firstLoad?.failed(new SourceError(`source ${quote(this.source)}: stopped before it had loaded`));
    clearTimeout(this.#staleTimer);
    const ended = await within(STOP_TIMEOUT_MS, this.#running);
    this.#become('stopped');
    if (clear && this.#layer.owner === this) {
      this.#engine.apply({ layer: this.#layer, values: [], replace: true });
      if (this.#layer.held.size === 0) this.#engine.layers.remove(this.#layer);
    }
    if (!ended) throw new SourceError(`source ${quote(this.source)}: did not end within 5 s of its abort signal`);
  }

  /** Stops the source, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Arranges for the first load: what it, the clock, or an abort says first decides. */
  async #start(): Promise<void> {
    const { signal, required = true, startTimeoutMs = 10_000 } = this.#options;
    const onAbort = (): void => {
      this.#firstLoad?.failed(signal?.reason);
      this.stop().catch(() => {});
    };
    if (signal?.aborted) queueMicrotask(onAbort);
    else signal?.addEventListener('abort', onAbort, { once: true });
    this.#stop.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort), { once: true });
    if (!required && !signal?.aborted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new SourceError('not loaded in time');
    try {
      const outcome = await new Promise<BatchOutcome>((done, failed) => {
        this.#firstLoad = { done, failed };
        timer = after(startTimeoutMs, () => failed(tooLate));
      });
      if (outcome.rejected.length > 0) throw this.#refused(outcome.rejected);
    } catch (error) {
      this.#firstLoad = undefined;
      await this.stop().catch(() => {});
      throw error === tooLate ? this.#notLoaded(startTimeoutMs) : error;
    } finally {
      clearTimeout(timer);
      this.#firstLoad = undefined;
    }
  }

  async #run(): Promise<void> {
    // The caller gets the watcher, and its listeners are in place, before the source says its first word.
    await Promise.resolve();
    let failures = 0;
    while (!this.#stopping) {
      const attempt = new AbortController();
      const onStop = (): void => attempt.abort();
      this.#stop.signal.addEventListener('abort', onStop, { once: true });
      const progress: Progress = { open: true, loaded: false };
      try {
        await this.#source.watch(this.#sink(progress), attempt.signal);
        if (this.#stopping) return;
        if (!this.#loaded) throw new SourceError('ended without having loaded anything');
        clearTimeout(this.#staleTimer);
        return;
      } catch (thrown) {
        if (this.#stopping) {
          // What it was waiting for.
          if (thrown instanceof SourceError) this.#lastError ??= this.#error(reasonOf(thrown), thrown);
          return;
        }
        failures = progress.loaded ? 1 : failures + 1;
        this.#failed(thrown);
      } finally {
        progress.open = false;
        this.#stop.signal.removeEventListener('abort', onStop);
        attempt.abort();
      }
      await delay(backoffMs(failures, this.#options.backoff ?? this.#source.backoff), this.#stop.signal);
      this.#restarts++;
    }
  }

  #sink(progress: Progress): SourceSink {
    const listens = (): boolean => progress.open && !this.#stopping;
    // Functions, which may be taken apart: `{ ...sink, update }` is another sink. No getter: its object would have a shape of
    // its own.
    return {
      loaded: () => this.#loaded,
      flags: () => this.#engine.flags.values(),
      replace: (values, revision, origin) => this.#apply(progress, values, true, revision, origin),
      update: (values, revision, origin) => this.#apply(progress, values, false, revision, origin),
      alive: () => {
        if (listens()) this.#heard(progress, Date.now());
      },
      report: (error) => {
        if (listens()) this.#become(this.#state, this.#error(reasonOf(error), error));
      },
      lastGood: (key) => (listens() ? this.#layer.lastGood(this.#engine.flags.get(key)) : undefined),
      rolledBack: (rollback) => {
        if (listens()) this.#engine.events.emit({ kind: 'rollback', source: this.source, ...rollback });
      },
    };
  }

  #apply(
    progress: Progress,
    values: BatchRequest['values'],
    replace: boolean,
    revision: string | undefined,
    origin: BatchOrigin | undefined,
  ): BatchOutcome {
    if (!progress.open || this.#stopping)
      return { version: this.#engine.version, accepted: [], rejected: [], unknown: [], restartNeeded: [] };
    const starting = !this.#loaded;
    const time = Date.now();
    // Field by field: to spread costs as much as all the rest of a small batch.
    const outcome = this.#engine.apply({ layer: this.#layer, values, replace, revision, origin, starting, time });
    this.#revision = revision ?? this.#revision;
    if (replace && !this.#loaded) {
      this.#loaded = true;
      this.#firstLoad?.done(outcome);
    }
    this.#heard(progress, time);
    return outcome;
  }

  /** A source that has loaded once may resume where it was: any word of it tells that it follows again. */
  #heard(progress: Progress, time: number): void {
    // A notifier of the very batch may have stopped the watcher.
    if (!this.#loaded || this.#stopping) return;
    progress.loaded = true;
    this.#lastSuccess = time;
    // Before anybody is told: a listener may stop the watcher, which clears the timer.
    this.#staleTimer ??= this.#staleIn(this.#staleAfterMs);
    this.#become('live');
  }

  /** One timer at a time, which looks when it rings: a busy source does not set a timer a batch. */
  #staleIn(ms: number): ReturnType<typeof setTimeout> {
    return after(ms, () => {
      const silent = Date.now() - this.#lastSuccess;
      const left = this.#staleAfterMs - silent;
      this.#staleTimer = left > 0 ? this.#staleIn(left) : undefined;
      if (left <= 0) this.#become('stale', this.#error(`nothing heard for ${silent} ms`));
    });
  }

  get #staleAfterMs(): number {
    return this.#options.staleAfterMs ?? this.#source.staleAfterMs ?? 60_000;
  }

  #failed(thrown: unknown): void {
    const error = this.#error(reasonOf(thrown), thrown);
    this.#lastError = error;
    clearTimeout(this.#staleTimer);
    this.#staleTimer = undefined;
    this.#become(this.#loaded ? 'stale' : 'starting', error);
    if (thrown instanceof SourceError && thrown.fatalAtStart) this.#firstLoad?.failed(error);
  }

  /** Changes the state and says so; an error is said even where the state stays. */
  #become(state: WatcherState, error?: FlagError): void {
    if (this.#state === 'stopped' || (this.#state === state && !error)) return;
    this.#state = state;
    if (error) this.#lastError = error;
    this.#engine.events.emit({
      kind: 'watcher',
      source: this.source,
      state,
      restarts: this.#restarts,
      error,
    });
  }

  #error(reason: string, cause?: unknown): SourceError {
    return new SourceError(`source ${quote(this.source)}: ${reason}`, cause === undefined ? {} : { cause });
  }

  #notLoaded(ms: number): SourceError {
    const last = this.#lastError ? `; last error: ${this.#lastError.message}` : '';
    return this.#error(`not loaded within ${ms} ms${last}`, this.#lastError);
  }

  #refused(rejected: readonly Rejection[]): SourceError {
    const errors = rejected.map(({ error }) => error);
    const list = errors.map(({ message }) => message).join('; ');
    return this.#error(`${errors.length} refused: ${list}`, new AggregateError(errors, list));
  }
}
