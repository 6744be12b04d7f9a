import type { Batch } from './batch.ts';
import type { FlagEvent } from './events.ts';
import type { FlagNode } from './flag-node.ts';
import type { RejectionRecord } from './layer.ts';
import { REDACTED } from './read-value.ts';

// What stands until it ends: refused keys and unknown keys of a layer, and static flags that wait for a restart. These
// functions alone write the records, and each says what it wrote: so every beginning is told, and ends once.

type What = Extract<FlagEvent, { readonly kind: 'cleared' }>['what'];

/** Records what the batch's layer refuses from now on, and what it refuses no longer. */
export function standRefusals(batch: Batch): void {
  const { layer, replace, refused, said } = batch;
  if (layer.rejected.size > 0) {
    const accepted = new Set(batch.accepted);
    for (const key of layer.rejected.keys()) {
      if (!accepted.has(key) && (!replace || refused.has(key))) continue;
      layer.rejected.delete(key);
      said.push(cleared('rejected', key, batch));
    }
  }
  for (const [key, record] of refused) {
    const known = layer.rejected.get(key);
    if (known && sameRefusal(known, record)) continue;
    said.push({ kind: 'rejected', ...record.rejection });
    // What the process sets itself is refused by a throw, and is over with that.
    if (layer.kind !== 'process') layer.rejected.set(key, record);
  }
}

/** Records which keys of the batch's layer are no flag, and which have become one or are gone. */
export function standUnknown(batch: Batch): void {
  const { layer, replace, refused, unknown, revision, said } = batch;
  if (layer.unknown.size > 0) {
    const accepted = new Set(batch.accepted);
    for (const key of layer.unknown.keys()) {
      const found = accepted.has(key) || refused.has(key);
      const gone = unknown.has(key) ? unknown.get(key) === undefined : replace;
      if (!found && !gone) continue;
      layer.unknown.delete(key);
      said.push(cleared('unknown', key, batch));
    }
  }
  for (const [key, raw] of unknown) {
    if (raw === undefined) continue;
    const kept = layer.unknown.get(key);
    if (!kept) said.push({ kind: 'unknown', flag: key, source: layer.name, revision });
    // What is told again was written when it was told first.
    if (kept?.raw !== raw) layer.unknown.set(key, { raw, origin: batch.originOf(key) });
  }
}

/**
 * Records which of the static flags that the batch is about wait for a restart.
 *
 * @param afterRestart gives the text that a restart would bring.
 */
export function standRestarts(batch: Batch, flags: Iterable<FlagNode>, afterRestart: (flag: FlagNode) => string): void {
  const { layer, revision, restartNeeded, said } = batch;
  for (const flag of flags) {
    const next = afterRestart(flag);
    const needed = next !== flag.held.text;
    if (needed && layer.pending.has(flag)) restartNeeded.push(flag.name);
    const before = flag.awaited;
    if (needed ? before?.next === next : !before) continue;
    // It ends where it began: another layer's batch may be what ends it, or begins it anew.
    const own = before?.source === layer.name;
    if (before && !(needed && own)) {
      said.push({
        ...cleared('restart-needed', flag.name, batch),
        source: before.source,
        revision: own ? revision : undefined,
      });
    }
    flag.awaited = needed ? { source: layer.name, next } : undefined;
    if (!needed) continue;
    const shown = flag.sensitive ? REDACTED : next;
    said.push({ kind: 'restart-needed', flag: flag.name, source: layer.name, revision, next: shown });
  }
}

/** Tells whether a refusal is the one that is on record. */
export function sameRefusal(known: RejectionRecord, { raw, rejection }: RejectionRecord): boolean {
  return known.raw === raw && known.rejection.error.message === rejection.error.message;
}

function cleared(
  what: What,
  flag: string,
  { layer, revision }: Batch,
): Extract<FlagEvent, { readonly kind: 'cleared' }> {
  return { kind: 'cleared', what, flag, source: layer.name, revision };
}
