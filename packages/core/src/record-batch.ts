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

/** Writes down what a batch changed, and what its layer refuses and does not know from now on. */
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
  recordRefused(batch);
  recordUnknown(batch);
}

function recordRefused({ layer, replace, accepted, refused }: Batch): void {
  for (const key of layer.rejected.keys()) if (replace || accepted.has(key)) layer.rejected.delete(key);
  // What the process sets itself is refused by a throw, and is over with that.
  if (layer.kind === 'process') return;
  for (const [key, record] of refused) layer.rejected.set(key, record);
}

function recordUnknown({ layer, replace, unknown, revision, said }: Batch): void {
  if (replace) for (const key of layer.unknown.keys()) if (!unknown.has(key)) layer.unknown.delete(key);
  for (const [key, raw] of unknown) {
    if (raw === undefined) {
      layer.unknown.delete(key);
      continue;
    }
    if (!layer.unknown.has(key)) said.push({ kind: 'unknown', flag: key, source: layer.name, revision });
    layer.unknown.set(key, raw);
  }
}
