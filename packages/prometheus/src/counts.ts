import type { FlagEvent, FlagSet, RollbackOutcome } from '@flagz/core';

/** What may come of a rollback, each 0 times. The record makes the compiler ask for an outcome that is new. */
const NO_ROLLBACKS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    reverted: 0,
    deleted: 0,
    'lost-race': 0,
    flapping: 0,
    forbidden: 0,
    failed: 0,
    reported: 0,
  } satisfies Record<RollbackOutcome, number>),
);

/** Counts what happens in one flag set, from its construction on. */
export class Counts {
  readonly changes: Map<string, number> = new Map();
  readonly rejections: Map<string, number> = new Map();
  notifierErrors = 0;
  /** Milliseconds since the epoch; 0 while nothing has changed. */
  lastChange: number;
  /** Ends the counting. */
  readonly stop: () => void;
  readonly #flags: FlagSet;
  readonly #rollbacks = new Map<string, Map<string, number>>();

  constructor(flags: FlagSet) {
    this.#flags = flags;
    this.lastChange = flags.history().at(-1)?.time ?? 0;
    this.stop = flags.subscribe((event) => this.#count(event));
  }

  /** Gives a count by source, 0 for each watched source where nothing has happened: `increase()` needs a first value. */
  bySource(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const sources = ['process', ...this.#watched()];
    return new Map([...sources.map((source) => [source, 0] as const), ...counts]);
  }

  /**
   * Gives the rollbacks by source, each outcome from 0 for each watched source: a key flaps seconds after its first
   * rollback, so series that began with that one would never be seen to grow. Nothing tells which sources roll back.
   */
  rollbacks(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return new Map([...this.#watched().map((source) => [source, NO_ROLLBACKS] as const), ...this.#rollbacks]);
  }

  #watched(): readonly string[] {
    return this.#flags.watchers.map(({ source }) => source);
  }

  #count(event: FlagEvent): void {
    switch (event.kind) {
      case 'change':
        this.lastChange = event.time;
        return add(this.changes, event.source);
      case 'rejected':
        return add(this.rejections, event.source);
      case 'rollback': {
        const outcomes = this.#rollbacks.get(event.source) ?? new Map(NO_ROLLBACKS);
        this.#rollbacks.set(event.source, outcomes);
        return add(outcomes, event.outcome);
      }
      case 'notifier-error':
        this.notifierErrors++;
        break;
      default:
      // The others are states, which are read when they are scraped.
    }
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
