import { type DynamicFlag, FlagSet, type Source, type WatchOptions, inRange, int } from '@flagz/core';

const FLAGS = 30;

/** Names the flags that every instance has. */
export const flagNames: readonly string[] = Array.from({ length: FLAGS }, (_, index) => `flag${index}`);

/** Is one instance of a service: a flag set that follows a source. */
export class Instance {
  readonly flags: FlagSet;
  readonly #values: ReadonlyMap<string, DynamicFlag<number>>;
  /** How many changes it was told of. */
  told = 0;
  /** How many values it refused. */
  refused = 0;

  constructor(name: string) {
    this.flags = new FlagSet(name);
    const declare = (flag: string): DynamicFlag<number> =>
      this.flags
        .dynamic(flag, int, 0, 'One of many.')
        .withValidator(inRange(0, 1_000_000_000))
        .withNotifier(() => void this.told++);
    this.#values = new Map(flagNames.map((flag) => [flag, declare(flag)]));
    this.flags.subscribe((event) => {
      if (event.kind === 'rejected') this.refused++;
    });
  }

  /** Starts it, and waits for its first load. */
  async follow(source: Source, options: WatchOptions = {}): Promise<this> {
    await this.flags.watch(source, options);
    return this;
  }

  async stop(): Promise<void> {
    for (const watcher of this.flags.watchers) await watcher.stop();
  }

  /** Says why nothing can be expected of it, if so. */
  get trouble(): string | undefined {
    const [watcher] = this.flags.watchers;
    if (watcher?.state === 'live') return undefined;
    const { state = 'not started', status } = watcher ?? {};
    return `${this.flags.name} is ${state}${status?.lastError ? `: ${status.lastError.message}` : ''}`;
  }

  /** How often its source was started again. */
  get restarts(): number {
    return this.flags.watchers.reduce((sum, { status }) => sum + status.restarts, 0);
  }

  /** Tells whether the flag has the value that a text stands for, `undefined` for the default, and refuses nothing. */
  holds(flag: string, text: string | undefined): boolean {
    return this.text(flag) === (text ?? '0') && this.refusal(flag) === undefined;
  }

  /** Gives the value of a flag as text. */
  text(flag: string): string {
    return String(this.#values.get(flag)?.get());
  }

  /** Gives the text that is refused for a flag right now. */
  refusal(flag: string): string | undefined {
    const rejections = this.flags.watchers.flatMap(({ status }) => status.rejected);
    const text = rejections.find((rejection) => rejection.flag === flag)?.text;
    return text?.replace(/^"(.*)"$/, '$1');
  }
}
