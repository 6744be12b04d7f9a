import type { Batch } from './batch.ts';
import type { FlagChange } from './events.ts';
import type { FlagNode, Held } from './flag-node.ts';
import type { History } from './history.ts';
import { REDACTED } from './read-value.ts';

/** Is one flag whose effective value changed. */
export interface Swapped {
  readonly flag: FlagNode;
  readonly previous: Held;
  readonly next: Held;
}

/** Writes down what a batch changed. */
export function recordBatch(batch: Batch, swapped: readonly Swapped[], version: number, history: History): void {
  for (const { flag, previous, next } of swapped) {
    const change: FlagChange = Object.freeze({
      flag: flag.name,
      source: batch.layer.name,
      revision: batch.revision,
      previous: flag.sensitive ? REDACTED : previous.text,
      next: flag.sensitive ? REDACTED : next.text,
      version,
      time: batch.time,
      ...(batch.origin && { origin: batch.origin }),
    });
    flag.lastChange = change;
    history.add(change);
    batch.said.push({ kind: 'change', ...change });
  }
}
