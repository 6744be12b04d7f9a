import type { Batch } from './batch.ts';
import type { FlagChange } from './events.ts';
import type { History } from './history.ts';
import type { Effect } from './layer.ts';
import { REDACTED } from './read-value.ts';

/** Writes down what a batch changed. @param listened tells whether anybody is to be told of it. */
export function recordBatch(
  batch: Batch,
  swapped: readonly Effect[],
  version: number,
  history: History,
  listened: boolean,
): void {
  for (const effect of swapped) {
    const change = changeOf(batch, effect, version);
    effect.flag.lastChange = change;
    history.add(change);
    if (listened) batch.said.push({ kind: 'change', ...change });
  }
}

/**
 * Field by field: a first load makes tens of thousands of them, and to spread costs several times as much. Frozen when it is
 * shown, for the same reason.
 */
function changeOf(batch: Batch, effect: Effect, version: number): FlagChange {
  const { layer, revision, time } = batch;
  const { flag } = effect;
  const origin = batch.originOf(flag.name);
  const source = layer.name;
  const previous = flag.sensitive ? REDACTED : effect.previous.text;
  const next = flag.sensitive ? REDACTED : effect.next.text;
  return origin
    ? { flag: flag.name, source, revision, previous, next, version, time, origin }
    : { flag: flag.name, source, revision, previous, next, version, time };
}
