import {
  type DynamicFlag,
  type FlagChange,
  FlagSet,
  type Source,
  type WatchOptions,
  type Watcher,
  int,
  string,
} from '@flagz/core';

/** Is a flag set on a source, with a log of what happens. */
export class Stage implements AsyncDisposable {
  readonly flags: FlagSet = new FlagSet('stage');
  readonly rate: DynamicFlag<number> = this.flags.dynamic('rate', int, 1, 'A number.');
  readonly label: DynamicFlag<string> = this.flags.dynamic('label', string, 'none', 'A text.');
  /** What changed, as `flag previous>next`. */
  readonly changes: string[] = [];
  /** What the watcher said, as `state: error`. */
  readonly states: string[] = [];
  readonly unknown: string[] = [];
  watcher: Watcher | undefined;

  constructor() {
    this.flags.subscribe((event) => {
      if (event.kind === 'change') this.changes.push(`${event.flag} ${event.previous}>${event.next}`);
      if (event.kind === 'watcher')
        this.states.push(event.error ? `${event.state}: ${event.error.message}` : event.state);
      if (event.kind === 'unknown') this.unknown.push(event.flag);
    });
  }

  /** Watches; what it has been told of until then is forgotten. */
  async watch(source: Source, options: WatchOptions = {}): Promise<Watcher> {
    this.watcher = await this.flags.watch(source, { backoff: { maxMs: 100 }, ...options });
    this.changes.length = 0;
    return this.watcher;
  }

  get state(): string | undefined {
    return this.flags.watchers.at(-1)?.state;
  }

  get lastError(): string | undefined {
    return this.flags.watchers.at(-1)?.status.lastError?.message;
  }

  /** Calls with the changes of each batch. */
  onBatch(listener: (changes: readonly FlagChange[]) => void): void {
    let batch: FlagChange[] = [];
    this.flags.subscribe((event) => {
      if (event.kind !== 'change') return;
      if (batch[0]?.version !== event.version) {
        batch = [];
        // A batch is delivered in one go: once the microtasks run, it is complete.
        queueMicrotask(() => listener(batch));
      }
      batch.push(event);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.flags.watchers.map((watcher) => watcher.stop().catch(() => {})));
  }
}
