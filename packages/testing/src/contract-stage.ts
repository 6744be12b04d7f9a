import {
  type DynamicFlag,
  type Flag,
  FlagSet,
  type RawValue,
  type Source,
  type WatchOptions,
  type Watcher,
  boolean,
  inRange,
  int,
  string,
} from '@flagz/core';
import { eventually } from './eventually.ts';

/** Is one origin (a directory, a server) of one test, with a source that follows it. */
export interface SourceHarness {
  readonly source: Source;
  /** Writes keys at the origin, together, as its clients do. While interrupted, it takes effect with `restore`. */
  put(values: Readonly<Record<string, RawValue>>): Promise<void>;
  /** Deletes a key at the origin. */
  remove(key: string): Promise<void>;
  /** Cuts the source off so that it notices: what it follows goes away, or the connection breaks. */
  interrupt(): Promise<void>;
  /** Ends the interruption. */
  restore(): Promise<void>;
  /** Cuts the source off so that nothing fails and nothing arrives; needed with `stalls`. */
  stall?(): Promise<void>;
  /** Ends the stall. */
  resume?(): Promise<void>;
  /** Releases everything but the source. */
  close(): Promise<void>;
}

/** Makes an origin that holds `values`, and a source that has not been started. */
export type MakeHarness = (values: Readonly<Record<string, RawValue>>) => Promise<SourceHarness>;

/** Is what the tests of a contract share: how to run on an origin of one's own, and how long to wait. */
export interface ContractTools {
  /** Runs a test on an origin of its own, and cleans up whatever happens. */
  readonly on: (
    values: Readonly<Record<string, RawValue>>,
    test: (stage: Stage) => Promise<void>,
  ) => () => Promise<void>;
  /** Waits until the condition holds. */
  readonly soon: (condition: () => boolean | void) => Promise<unknown>;
}

/** Makes the tools for one origin. */
export function contractTools(makeHarness: MakeHarness, withinMs: number): ContractTools {
  return {
    soon: (condition) => eventually(condition, { withinMs }),
    on: (values, test) => async () => {
      const harness = await makeHarness(values);
      let stage: Stage | undefined;
      try {
        stage = new Stage(harness);
        await test(stage);
      } finally {
        await stage?.watcher?.stop().catch(() => {});
        await harness.close();
      }
    },
  };
}

/** Is a flag set on an origin. */
export class Stage {
  readonly harness: SourceHarness;
  readonly flags: FlagSet = new FlagSet('contract');
  readonly port: Flag<number> = this.flags.static('port', int, 8080, 'A static flag.');
  readonly rate: DynamicFlag<number> = this.flags
    .dynamic('rate', int, 10, 'A bounded integer.')
    .withValidator(inRange(1, 1000));
  readonly label: DynamicFlag<string> = this.flags.dynamic('label', string, 'none', 'A text.');
  readonly on: DynamicFlag<boolean> = this.flags.dynamic('on', boolean, false, 'A switch.');
  readonly low: DynamicFlag<number> = this.flags.dynamic('low', int, 1, 'Not above high.');
  readonly high: DynamicFlag<number> = this.flags.dynamic('high', int, 5, 'Not below low.');
  readonly told: string[] = [];
  watcher: Watcher | undefined;

  constructor(harness: SourceHarness) {
    this.harness = harness;
    this.flags.invariant([this.low, this.high], (low, high) => low <= high || 'low above high');
  }

  async watch(options: WatchOptions = {}): Promise<Watcher> {
    const watcher = await this.flags.watch(this.harness.source, {
      backoff: { maxMs: 200 },
      ...options,
    });
    this.watcher = watcher;
    this.rate.withNotifier((next, previous) => void this.told.push(`${previous}>${next}`));
    return watcher;
  }

  get state(): string | undefined {
    return this.watcher?.state;
  }

  get rejected(): readonly string[] {
    return this.watcher?.status.rejected.map(({ error }) => error.message) ?? [];
  }

  get unknown(): string {
    return this.watcher?.status.unknown.join(' ') ?? '';
  }
}
