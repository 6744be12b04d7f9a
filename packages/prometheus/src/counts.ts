import type { FlagEvent, FlagSet, RollbackOutcome } from '@flagz/core';

/** What may come of a rollback: all are counted from 0 once one is, so that `increase()` sees the first of each. */
const ROLLBACK_OUTCOMES: readonly RollbackOutcome[] = [
  'reverted',
  'deleted',
  'lost-race',
  'flapping',
  'forbidden',
  'failed',
  'reported',
];

/** Counts what happens in one flag set, from its construction on. */
export class Counts {
  readonly changes: Map<string, number> = new Map();
  readonly rejections: Map<string, number> = new Map();
  readonly rollbacks: Map<string, Map<string, number>> = new Map();
  notifierErrors = 0;
  /** Milliseconds since the epoch; 0 while nothing has changed. */
  lastChange: number;
  /** Ends the counting. */
  readonly stop: () => void;
  readonly #flags: FlagSet;

  constructor(flags: FlagSet) {
    this.#flags = flags;
    this.lastChange = flags.history().at(-1)?.time ?? 0;
    this.stop = flags.subscribe((event) => this.#count(event));
  }

  /** Gives a count by source, 0 for each watched source where nothing has happened: `increase()` needs a first value. */
  bySource(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const sources = ['process', ...this.#flags.watchers.map(({ source }) => source)];
    return new Map([...sources.map((source) => [source, 0] as const), ...counts]);
  }

  #count(event: FlagEvent): void {
    switch (event.kind) {
      case 'change':
        this.lastChange = event.time;
        return add(this.changes, event.source);
      case 'rejected':
        return add(this.rejections, event.source);
      case 'rollback': {
        const outcomes = this.rollbacks.get(event.source) ?? new Map(ROLLBACK_OUTCOMES.map((outcome) => [outcome, 0]));
        this.rollbacks.set(event.source, outcomes);
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
