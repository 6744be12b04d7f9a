import { Batch, type BatchRequest } from './batch.ts';
import { FlagError, reasonOf } from './errors.ts';
import { EventStream, type FlagEvent } from './events.ts';
import type { Dependent, FlagNode, Held } from './flag-node.ts';
import { Flag } from './flag.ts';
import { History } from './history.ts';
import { findViolations } from './invariant.ts';
import { type Effect, type Layer, LayerStack } from './layer.ts';
import { REDACTED } from './read-value.ts';
import { recordBatch } from './record-batch.ts';
import type { BatchOutcome } from './source.ts';
import { standRefusals, standRestarts, standUnknown } from './standing.ts';

/** Notifiers may set flags, whose notifiers may set flags; deeper than this it is a loop. */
const DEEPEST_CHAIN = 100;

const UNCHANGED: ReadonlyMap<Dependent, unknown> = new Map();

/** Is a batch that a notifier started. */
interface Waiting {
  readonly batch: Batch;
  readonly depth: number;
}

/**
 * Carries batches through find, parse, validate, invariants, swap, record, notify.
 *
 *     apply ──▶ prepare ──▶ commit ──▶ notify       one batch, synchronously
 *                  │           ▲          │
 *                  └─▶ queue ──┘◀─────────┘         a batch that a notifier starts is parsed and validated at
 *                                                   once, and committed after the current one is delivered
 */
export class BatchEngine {
  readonly flags: Map<string, FlagNode> = new Map();
  readonly layers: LayerStack = new LayerStack();
  readonly events: EventStream = new EventStream();
  readonly history: History;
  version = 0;
  readonly #queue: Waiting[] = [];
  #delivering = false;
  #depth = 0;

  constructor(historySize: number) {
    this.history = new History(historySize);
  }

  /**
   * Applies a batch.
   *
   * Within a notifier the outcome tells what parse and validation said; invariants are asked when the batch's turn comes.
   *
   * @throws {FlagError} when notifiers keep starting batches without end.
   */
  apply(request: BatchRequest): BatchOutcome {
    return this.#run(new Batch(request, this.flags));
  }

  /** Tells what would become of a batch, and changes nothing. */
  rehearse(request: BatchRequest): BatchOutcome {
    const batch = new Batch(request, this.flags);
    for (const [flag, error] of findViolations(this.#effectsOf(batch))) batch.refuse(flag, error, undefined);
    return batch.outcome(this.version);
  }

  /** Takes away what a layer holds, because a validator that came later refuses it. */
  revoke(layer: Layer, flag: FlagNode, error: FlagError): void {
    const batch = new Batch({ layer, values: [[flag.name, undefined]], starting: true }, this.flags);
    batch.refuse(flag, error, layer.held.get(flag)?.raw);
    this.#run(batch);
  }

  #run(batch: Batch): BatchOutcome {
    if (this.#delivering) {
      if (this.#depth >= DEEPEST_CHAIN) {
        throw new FlagError(
          'FLAGZ_VALIDATION',
          `${DEEPEST_CHAIN} batches deep: a notifier sets a flag that calls it again`,
        );
      }
      this.#queue.push({ batch, depth: this.#depth + 1 });
      return batch.outcome(this.version);
    }
    this.#delivering = true;
    try {
      this.#commit(batch);
      const outcome = batch.outcome(this.version);
      while (this.#queue.length > 0) {
        const next = this.#queue.shift() as Waiting;
        this.#depth = next.depth;
        next.batch.findAgain(this.flags);
        this.#commit(next.batch);
      }
      return outcome;
    } finally {
      this.#delivering = false;
      this.#depth = 0;
    }
  }

  #commit(batch: Batch): void {
    const { layer, wanted, refused } = batch;
    if (batch.replace) {
      for (const known of [layer.held, layer.pending]) {
        for (const flag of known.keys()) if (!wanted.has(flag) && !refused.has(flag.name)) wanted.set(flag, undefined);
      }
    }
    const fixed: FlagNode[] = [];
    for (const [flag, held] of wanted) {
      if (!flag.dynamic) fixed.push(flag);
      if (sameHeld(flag, layer.held.get(flag), held)) this.#settle(batch, flag, held);
      else if (!flag.dynamic && !batch.starting) this.#defer(batch, flag, held);
    }
    const effects = this.#effectsOf(batch);
    const violations = findViolations(effects);
    for (const [flag, error] of violations) {
      batch.refuse(flag, error, wanted.get(flag)?.raw);
      wanted.delete(flag);
    }
    standRefusals(batch);
    const swapped = this.#swap(
      batch,
      violations.size > 0 ? effects.filter(({ flag }) => !violations.has(flag)) : effects,
    );
    recordBatch(batch, swapped, this.version, this.history, this.events.listened);
    standUnknown(batch);
    if (fixed.length > 0) standRestarts(batch, fixed, (flag) => this.#afterRestart(flag).text);
    const derived = this.#derive(swapped, batch.said);
    for (const event of batch.said) this.events.emit(event);
    for (const { flag, previous, next } of swapped) this.#notify(flag, next.value, previous.value);
    for (const [one, previous] of derived) this.#notify(one, one.get(), previous);
  }

  #notify(subject: FlagNode | Dependent, next: unknown, previous: unknown): void {
    if (subject.notifiers.size === 0) return;
    subject.notifiers.notify(next, previous, (thrown) => this.events.emit(notifierError(subject, thrown)));
  }

  /** Nothing changes for this flag: it holds what was asked for. */
  #settle({ layer, wanted }: Batch, flag: FlagNode, held: Held | undefined): void {
    wanted.delete(flag);
    layer.pending.delete(flag);
    const kept = layer.held.get(flag);
    if (!held || !kept || held === kept) return;
    // A source is to have back what it said last. And what is set twice is the later one's: whoever set it for a time must
    // not take it away from who means it to stay.
    const renewed =
      layer.kind === 'process' ? { ...held, value: kept.value, text: kept.text } : { ...kept, raw: held.raw };
    layer.held.set(flag, renewed);
    if (flag.held === kept) flag.held = renewed;
  }

  /** Keeps the change of a static flag out of the batch: it is on record, and a restart brings it. */
  #defer({ layer, wanted }: Batch, flag: FlagNode, held: Held | undefined): void {
    wanted.delete(flag);
    layer.pending.set(flag, held);
  }

  #afterRestart(flag: FlagNode): Held {
    return this.layers.resolve(flag, ({ pending, held }) => (pending.has(flag) ? pending : held).get(flag)).next;
  }

  /** Finds what each flag would be, where its value or the layer that gives it changes. */
  #effectsOf({ layer, wanted }: Batch): readonly Effect[] {
    const effects: Effect[] = [];
    const holding = (other: Layer, flag: FlagNode): Held | undefined =>
      (other === layer ? wanted : other.held).get(flag);
    for (const [flag, held] of wanted) {
      // What is highest already, or alone, stays so: the other layers need not be fetched from memory.
      const isHighest = held && layer.stacked && (flag.layer === undefined || flag.layer === layer);
      const effect = isHighest ? { flag, previous: flag.held, next: held, layer } : this.layers.resolve(flag, holding);
      if (effect.next !== flag.held) effects.push(effect);
    }
    return effects;
  }

  /** Makes the batch's values the current ones; gives the flags whose effective value differs, in declaration order. */
  #swap({ layer, wanted, said }: Batch, effects: readonly Effect[]): readonly Effect[] {
    if (wanted.size > 0) this.version++;
    for (const [flag, held] of wanted) {
      layer.pending.delete(flag);
      if (held) layer.held.set(flag, held);
      else layer.held.delete(flag);
      if (held && flag.deprecated !== undefined) {
        said.push({
          kind: 'deprecated',
          flag: flag.name,
          source: layer.name,
          reason: flag.deprecated,
        });
      }
    }
    for (const { flag, next, layer: highest } of effects) {
      flag.held = next;
      flag.layer = highest;
      if (flag.face) Flag.assign(flag.face, next.value);
    }
    const differs = ({ flag, previous, next }: Effect): boolean => !sameHeld(flag, previous, next);
    const swapped = effects.every(differs) ? effects : effects.filter(differs);
    return swapped.length > 1 ? swapped.toSorted((left, right) => left.flag.ordinal - right.flag.ordinal) : swapped;
  }

  /** Makes derived values current; gives those that changed, with what they were. */
  #derive(swapped: readonly Effect[], said: FlagEvent[]): ReadonlyMap<Dependent, unknown> {
    if (swapped.every(({ flag }) => flag.dependents.length === 0)) return UNCHANGED;
    const dependents = new Set(swapped.flatMap(({ flag }) => flag.dependents));
    const changed = new Map<Dependent, unknown>();
    for (const one of dependents) {
      try {
        const previous = one.update();
        if (!Object.is(previous, one.get())) changed.set(one, previous);
      } catch (thrown) {
        said.push(notifierError(one, thrown));
      }
    }
    return changed;
  }
}

function notifierError(
  { name, sensitive }: { readonly name: string; readonly sensitive: boolean },
  thrown: unknown,
): FlagEvent {
  const error = thrown instanceof Error && !sensitive ? thrown : new Error(sensitive ? REDACTED : reasonOf(thrown));
  return { kind: 'notifier-error', flag: name, error };
}

/** Compares by the type's `equals`, which may be the user's: one that throws calls the values different. */
function sameHeld(flag: FlagNode, left: Held | undefined, right: Held | undefined): boolean {
  if (left === right) return true;
  if (!left || !right) return false;
  if (!flag.type.equals) return left.text === right.text;
  try {
    return flag.type.equals(left.value, right.value);
  } catch {
    return false;
  }
}
