import { Batch, type BatchRequest, type Wish } from './batch.ts';
import { FlagError, reasonOf } from './errors.ts';
import { EventStream, type FlagEvent } from './events.ts';
import type { Dependent, FlagNode, Held } from './flag-node.ts';
import { Flag } from './flag.ts';
import { History } from './history.ts';
import { findViolations } from './invariant.ts';
import { type Change, type Layer, LayerStack } from './layer.ts';
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
    const changes = batch.wishes.map((wish) => this.#changeOf(batch.layer, wish));
    for (const [flag, error] of findViolations(changes)) batch.refuse(flag, error, undefined);
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
    const gone = batch.replace ? goneOf(batch) : [];
    const wishes = gone.length > 0 ? [...batch.wishes, ...gone] : batch.wishes;
    let changes = this.#changesOf(batch, wishes);
    const violations = findViolations(changes);
    if (violations.size > 0) {
      const raws = new Map(changes.map(({ flag, held }) => [flag, held?.raw]));
      for (const [flag, error] of violations) batch.refuse(flag, error, raws.get(flag));
      changes = changes.filter(({ flag }) => !violations.has(flag));
    }
    standRefusals(batch);
    const swapped = this.#swap(batch, changes);
    recordBatch(batch, swapped, this.version, this.history, this.events.listened);
    standUnknown(batch);
    const fixed = wishes.filter(({ flag }) => !flag.dynamic).map(({ flag }) => flag);
    if (fixed.length > 0) standRestarts(batch, fixed, (flag) => this.#afterRestart(flag).text);
    const derived = this.#derive(swapped, batch.said);
    for (const event of batch.said) this.events.emit(event);
    for (const { flag, previous, next } of swapped) this.#notify(flag, next.value, previous.value);
    for (const [one, previous] of derived) this.#notify(one, one.get(), previous);
  }

  #notify(subject: FlagNode | Dependent, next: unknown, previous: unknown): void {
    subject.notifiers?.notify(next, previous, (thrown) => this.events.emit(notifierError(subject, thrown)));
  }

  /** Finds what changes, and settles what does not. */
  #changesOf(batch: Batch, wishes: readonly Wish[]): readonly Change[] {
    const changes: Change[] = [];
    for (const wish of wishes) if (!this.#settle(batch, wish)) changes.push(this.#changeOf(batch.layer, wish));
    return changes;
  }

  /**
   * Settles what changes nothing now, and tells whether it did: a flag that holds what is wanted, or a static flag after the
   * start, whose change is on record until a restart brings it.
   */
  #settle({ layer, starting }: Batch, { flag, held }: Wish): boolean {
    const kept = layer.heldOf(flag);
    if (sameHeld(flag, kept, held)) {
      layer.pending.delete(flag);
      if (held && kept && held !== kept) this.#renew(layer, flag, kept, held);
      return true;
    }
    if (flag.dynamic || starting) return false;
    layer.pending.set(flag, held);
    return true;
  }

  /**
   * Keeps what was said last of a value that stays: a source is to have back the very bytes. And what is set twice is the
   * later one's: whoever set it for a time must not take it away from who means it to stay.
   */
  #renew(layer: Layer, flag: FlagNode, kept: Held, said: Held): void {
    const renewed =
      layer.kind === 'process' ? { ...said, value: kept.value, text: kept.text } : { ...kept, raw: said.raw };
    layer.held.set(flag, renewed);
    if (flag.held === kept) flag.held = renewed;
  }

  #afterRestart(flag: FlagNode): Held {
    return this.layers.resolve(flag, ({ pending, held }) => (pending.has(flag) ? pending : held).get(flag)).next;
  }

  /** Finds what a flag would be that holds something else in a layer. */
  #changeOf(layer: Layer, { flag, held }: Wish): Change {
    const previous = flag.held;
    const isOwn = flag.layer === layer;
    // What is highest already, or alone, stays so: the other layers need not be fetched from memory. Where the value is its
    // own already, the batch has found that it differs.
    if (held && layer.stacked && (isOwn || flag.layer === undefined))
      return { flag, held, previous, next: held, layer, differs: isOwn || !sameHeld(flag, previous, held) };
    const resolved = this.layers.resolve(flag, (other) => (other === layer ? held : other.held.get(flag)));
    const { next } = resolved;
    return { flag, held, previous, next, layer: resolved.layer, differs: !sameHeld(flag, previous, next) };
  }

  /** Makes the batch's values the current ones; gives the flags whose effective value differs, in declaration order. */
  #swap({ layer, said }: Batch, changes: readonly Change[]): readonly Change[] {
    if (changes.length > 0) this.version++;
    for (const { flag, held, previous, next, layer: highest } of changes) {
      layer.pending.delete(flag);
      if (held) layer.held.set(flag, held);
      else layer.held.delete(flag);
      if (next !== previous) {
        flag.held = next;
        flag.layer = highest;
        if (flag.face) Flag.assign(flag.face, next.value);
      }
      if (held && flag.deprecated !== undefined) {
        said.push({
          kind: 'deprecated',
          flag: flag.name,
          source: layer.name,
          reason: flag.deprecated,
        });
      }
    }
    const swapped = changes.every(({ differs }) => differs) ? changes : changes.filter(({ differs }) => differs);
    return swapped.length > 1 ? swapped.toSorted((left, right) => left.flag.ordinal - right.flag.ordinal) : swapped;
  }

  /** Makes derived values current; gives those that changed, with what they were. */
  #derive(swapped: readonly Change[], said: FlagEvent[]): ReadonlyMap<Dependent, unknown> {
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

/** Gives, as wishes, what the layer holds or waits for and a batch that replaces everything does not name. */
function goneOf({ layer, wishes, refused }: Batch): readonly Wish[] {
  const held = wishes.reduce((count, { flag }) => (layer.heldOf(flag) ? count + 1 : count), 0);
  // All that it holds is named, which is the rule.
  if (held === layer.held.size && layer.pending.size === 0) return [];
  const named = new Set(wishes.map(({ flag }) => flag));
  const known = new Set([...layer.held.keys(), ...layer.pending.keys()]);
  return [...known]
    .filter((flag) => !named.has(flag) && !refused.has(flag.name))
    .map((flag) => ({ flag, held: undefined }));
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
