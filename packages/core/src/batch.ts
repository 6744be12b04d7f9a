import { FlagError } from './errors.ts';
import type { Derived } from './derived.ts';
import { EventStream, type FlagChange, type FlagEvent } from './events.ts';
import { assign, type Flag } from './flag.ts';
import { History } from './history.ts';
import { findViolations } from './invariant.ts';
import { type Effect, type Held, type Layer, LayerStack, type RejectionRecord } from './layer.ts';
import { REDACTED, checkText, shown } from './read-value.ts';
import type { BatchOutcome, RawValue } from './source.ts';

/** Notifiers may set flags, whose notifiers may set flags; deeper than this it is a loop. */
const DEEPEST_CHAIN = 100;

/** Is what a source, or the process itself, wants changed in one layer. */
export interface BatchRequest {
  readonly layer: Layer;
  /** `undefined` stands for a deletion. */
  readonly values: Iterable<readonly [key: string, value: RawValue | undefined]>;
  /** Whether keys that are not among the values leave the layer. */
  readonly replace?: boolean;
  readonly revision?: string | undefined;
  /** Whether static flags may still take values. */
  readonly starting?: boolean;
}

/** Is a batch on its way: first what parse and validation made of the request, in the end what became of it. */
interface Batch {
  readonly layer: Layer;
  readonly replace: boolean;
  readonly revision: string | undefined;
  readonly starting: boolean;
  readonly time: number;
  /** What the layer is to hold; `undefined` is a deletion. */
  readonly wanted: Map<Flag<unknown>, Held | undefined>;
  readonly accepted: Set<string>;
  readonly refused: Map<string, RejectionRecord>;
  readonly unknown: Map<string, RawValue | undefined>;
  readonly restartNeeded: string[];
  /** Events wait until all values are swapped: nobody sees half a batch. */
  readonly said: FlagEvent[];
}

/** Is one flag whose effective value changed. */
interface Swapped {
  readonly flag: Flag<unknown>;
  readonly previous: Held;
  readonly next: Held;
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
  readonly flags: Map<string, Flag<unknown>> = new Map();
  readonly layers: LayerStack = new LayerStack();
  readonly events: EventStream = new EventStream();
  readonly history: History;
  version = 0;
  readonly #queue: { readonly batch: Batch; readonly depth: number }[] = [];
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
    return this.#run(this.#prepare(request));
  }

  /** Takes away what a layer holds, because a validator that came later refuses it. */
  revoke(layer: Layer, flag: Flag<unknown>, error: FlagError): void {
    const batch = this.#prepare({ layer, values: [[flag.name, undefined]], starting: true });
    this.#refuse(batch, flag, error, layer.held.get(flag)?.raw);
    this.#run(batch);
  }

  /** Tells whether a restart would bring a static flag another value. */
  restartNeeded(flag: Flag<unknown>): boolean {
    return this.#afterRestart(flag).text !== flag.text;
  }

  #run(batch: Batch): BatchOutcome {
    if (this.#delivering) {
      if (this.#depth >= DEEPEST_CHAIN) {
        throw new FlagError('FLAGZ_VALIDATION', `${DEEPEST_CHAIN} batches deep: a notifier sets a flag that calls it again`);
      }
      this.#queue.push({ batch, depth: this.#depth + 1 });
      return this.#outcome(batch);
    }
    this.#delivering = true;
    try {
      this.#commit(batch);
      const outcome = this.#outcome(batch);
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        this.#depth = next.depth;
        this.#commit(next.batch);
      }
      return outcome;
    } finally {
      this.#delivering = false;
      this.#depth = 0;
    }
  }

  #prepare({ layer, values, replace = false, revision, starting = false }: BatchRequest): Batch {
    const batch: Batch = {
      layer,
      replace,
      revision,
      starting,
      time: Date.now(),
      wanted: new Map(),
      accepted: new Set(),
      refused: new Map(),
      unknown: new Map(),
      restartNeeded: [],
      said: [],
    };
    // Collected before anything is read: an iterable that throws half-way has changed nothing.
    for (const [key, raw] of new Map(values)) {
      const flag = this.flags.get(key);
      if (!flag) {
        batch.unknown.set(key, raw);
        continue;
      }
      const current = layer.held.get(flag);
      try {
        let held = raw === undefined ? undefined : current;
        if (raw !== undefined && current?.raw !== raw) held = { ...checkText(flag, raw), raw, revision, time: batch.time };
        batch.wanted.set(flag, held);
        batch.accepted.add(key);
      } catch (error) {
        this.#refuse(batch, flag, error as FlagError, raw);
      }
    }
    return batch;
  }

  #refuse(batch: Batch, flag: Flag<unknown>, error: FlagError, raw: RawValue | undefined): void {
    const { layer, revision, time } = batch;
    batch.accepted.delete(flag.name);
    const known = layer.rejected.get(flag.name);
    if (known && known.raw === raw && known.rejection.error.message === error.message) {
      batch.refused.set(flag.name, known);
      return;
    }
    const text = raw === undefined ? undefined : shown(flag, raw);
    const rejection = { flag: flag.name, source: layer.name, revision, text, error, time };
    batch.refused.set(flag.name, { rejection, raw });
    batch.said.push({ kind: 'rejected', ...rejection });
  }

  #commit(batch: Batch): void {
    const { layer, wanted, refused } = batch;
    if (batch.replace) {
      for (const flag of layer.held.keys()) {
        if (!wanted.has(flag) && !refused.has(flag.name)) wanted.set(flag, undefined);
      }
    }
    for (const [flag, held] of wanted) if (sameHeld(flag, layer.held.get(flag), held)) this.#settle(batch, flag);
    if (!batch.starting) for (const [flag, held] of wanted) if (!flag.dynamic) this.#defer(batch, flag, held);
    const effects = this.#effectsOf(batch);
    for (const [flag, error] of findViolations(effects)) {
      this.#refuse(batch, flag, error, wanted.get(flag)?.raw);
      wanted.delete(flag);
      effects.delete(flag);
    }
    const swapped = this.#swap(batch, effects);
    this.#record(batch, swapped);
    const derived = this.#derive(swapped, batch.said);
    for (const event of batch.said) this.events.emit(event);
    for (const { flag, previous, next } of swapped) {
      flag.node.notifiers.notify(next.value, previous.value, (thrown) => this.events.emit(notifierError(flag, thrown)));
    }
    for (const [one, previous] of derived) {
      one.notifiers.notify(one.get(), previous, (thrown) => this.events.emit(notifierError(one, thrown)));
    }
  }

  /** Nothing changes for this flag: it holds what was asked for. */
  #settle({ layer, wanted }: Batch, flag: Flag<unknown>): void {
    wanted.delete(flag);
    layer.pending.delete(flag);
  }

  /** Keeps the change of a static flag out of the batch: it is on record, and a restart brings it. */
  #defer({ layer, wanted, restartNeeded, revision, said }: Batch, flag: Flag<unknown>, held: Held | undefined): void {
    const before = this.#afterRestart(flag).text;
    wanted.delete(flag);
    layer.pending.set(flag, held);
    const next = this.#afterRestart(flag).text;
    if (next === flag.text) return;
    restartNeeded.push(flag.name);
    if (next === before) return;
    said.push({ kind: 'restart-needed', flag: flag.name, source: layer.name, revision, next: flag.sensitive ? REDACTED : next });
  }

  #afterRestart(flag: Flag<unknown>): Held {
    return this.layers.resolve(flag, ({ pending, held }) => (pending.has(flag) ? pending : held).get(flag)).held;
  }

  /** Finds what each flag would be, where its value or the layer that gives it changes. */
  #effectsOf({ layer, wanted }: Batch): Map<Flag<unknown>, Effect> {
    const effects = new Map<Flag<unknown>, Effect>();
    for (const [flag, held] of wanted) {
      const effect = this.layers.resolve(flag, (other) => (other === layer ? held : other.held.get(flag)));
      if (effect.held !== flag.node.held) effects.set(flag, effect);
    }
    return effects;
  }

  /** Makes the batch's values the current ones; gives the flags whose effective value differs, in declaration order. */
  #swap({ layer, wanted, said }: Batch, effects: Map<Flag<unknown>, Effect>): Swapped[] {
    if (wanted.size > 0) this.version++;
    for (const [flag, held] of wanted) {
      if (held) layer.held.set(flag, held);
      else layer.held.delete(flag);
      if (held && flag.deprecated !== undefined) {
        said.push({ kind: 'deprecated', flag: flag.name, source: layer.name, reason: flag.deprecated });
      }
    }
    const swapped: Swapped[] = [];
    for (const [flag, { held: next, layer: from }] of effects) {
      const previous = flag.node.held;
      flag.node.held = next;
      flag.node.layer = from;
      assign(flag, next.value);
      if (!sameHeld(flag, previous, next)) swapped.push({ flag, previous, next });
    }
    return swapped.sort((left, right) => left.flag.node.ordinal - right.flag.node.ordinal);
  }

  /** Writes down what changed, what is refused and what is unknown now. */
  #record({ layer, replace, revision, time, accepted, refused, unknown, said }: Batch, swapped: readonly Swapped[]): void {
    for (const { flag, previous, next } of swapped) {
      const change: FlagChange = {
        flag: flag.name,
        source: layer.name,
        revision,
        previous: flag.sensitive ? REDACTED : previous.text,
        next: flag.sensitive ? REDACTED : next.text,
        version: this.version,
        time,
      };
      flag.node.lastChange = change;
      this.history.add(change);
      said.push({ kind: 'change', ...change });
    }
    for (const key of layer.rejected.keys()) if (replace || accepted.has(key)) layer.rejected.delete(key);
    // What the process sets itself is refused by a throw, and is over with that.
    if (layer.kind !== 'process') for (const [key, record] of refused) layer.rejected.set(key, record);
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

  /** Makes derived values current; gives those that changed, with what they were. */
  #derive(swapped: readonly Swapped[], said: FlagEvent[]): Map<Derived<unknown>, unknown> {
    const changed = new Map<Derived<unknown>, unknown>();
    for (const one of new Set(swapped.flatMap(({ flag }) => [...flag.node.derived]))) {
      try {
        const previous = one.update();
        if (!Object.is(previous, one.get())) changed.set(one, previous);
      } catch (thrown) {
        said.push(notifierError(one, thrown));
      }
    }
    return changed;
  }

  #outcome({ accepted, refused, unknown, restartNeeded }: Batch): BatchOutcome {
    return {
      version: this.version,
      accepted: [...accepted],
      rejected: [...refused.values()].map(({ rejection }) => rejection),
      unknown: [...unknown].flatMap(([key, raw]) => (raw === undefined ? [] : [key])),
      restartNeeded,
    };
  }
}

function notifierError({ name, sensitive }: { readonly name: string; readonly sensitive: boolean }, thrown: unknown): FlagEvent {
  const error = thrown instanceof Error && !sensitive ? thrown : new Error(sensitive ? REDACTED : String(thrown));
  return { kind: 'notifier-error', flag: name, error };
}

/** Compares by the type's `equals`, which may be the user's: one that throws calls the values different. */
function sameHeld(flag: Flag<unknown>, left: Held | undefined, right: Held | undefined): boolean {
  if (left === right) return true;
  if (!left || !right) return false;
  if (!flag.type.equals) return left.text === right.text;
  try {
    return flag.type.equals(left.value, right.value);
  } catch {
    return false;
  }
}
