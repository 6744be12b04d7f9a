import type { FlagError } from './errors.ts';
import type { FlagEvent } from './events.ts';
import type { FlagNode, Held } from './flag-node.ts';
import type { Layer, RejectionRecord } from './layer.ts';
import { checkText, isSameRaw, shown } from './read-value.ts';
import type { BatchOrigin, BatchOutcome, ChangeOrigin, RawValue, Rejection } from './source.ts';
import { sameRefusal } from './standing.ts';

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Is what a source, or the process itself, wants changed in one layer. */
export interface BatchRequest {
  readonly layer: Layer;
  /** `undefined` stands for a deletion. */
  readonly values: Iterable<readonly [key: string, value: RawValue | undefined]>;
  /** Whether keys that are not among the values leave the layer. */
  readonly replace?: boolean;
  readonly revision?: string | undefined;
  readonly origin?: BatchOrigin | undefined;
  /** Whether static flags may still take values. */
  readonly starting?: boolean;
  /** By default now. To look at the clock takes as long as to parse a number: whoever has looked says so. */
  readonly time?: number;
}

/** Is what a batch's layer is to hold of one flag; nothing is a deletion. */
export interface Wish {
  readonly flag: FlagNode;
  readonly held: Held | undefined;
}

/** Is a batch on its way: first what parse and validation made of the request, in the end what became of it. */
export class Batch {
  readonly layer: Layer;
  readonly replace: boolean;
  readonly revision: string | undefined;
  readonly starting: boolean;
  readonly time: number;
  /** What was read well, a flag at most once, in the order of the values; invariants may refuse some of it still. */
  readonly wishes: Wish[] = [];
  readonly restartNeeded: string[] = [];
  /** Events wait until all values are swapped: nobody sees half a batch. */
  readonly said: FlagEvent[] = [];
  readonly #origin: BatchOrigin | undefined;
  // Made when they are needed: most batches are small, and an empty map costs as much as a value.
  #refused: Map<string, RejectionRecord> | undefined;
  #unknown: Map<string, RawValue | undefined> | undefined;

  /** Finds, parses and validates: nothing changes yet. */
  constructor(
    { layer, values, replace = false, revision, origin, starting = false, time = Date.now() }: BatchRequest,
    flags: ReadonlyMap<string, FlagNode>,
  ) {
    this.layer = layer;
    this.replace = replace;
    this.revision = revision;
    this.#origin = origin;
    this.starting = starting;
    this.time = time;
    // Collected before anything is read: what is named twice counts once.
    this.#find(values instanceof Map ? values : new Map(values), flags);
  }

  /** Finds the flags that were declared while the batch waited for its turn. */
  findAgain(flags: ReadonlyMap<string, FlagNode>): void {
    const missing = this.#unknown;
    this.#unknown = undefined;
    if (missing) this.#find(missing, flags);
  }

  /** Names what is taken, also where nothing changes by it: a list of its own at each call. */
  get accepted(): string[] {
    const names = this.wishes.map(({ flag }) => flag.name);
    const refused = this.#refused;
    return refused ? names.filter((name) => !refused.has(name)) : names;
  }

  get refused(): ReadonlyMap<string, RejectionRecord> {
    return this.#refused ?? NONE;
  }

  get unknown(): ReadonlyMap<string, RawValue | undefined> {
    return this.#unknown ?? NONE;
  }

  /** Refuses what is wanted of a flag. */
  refuse(flag: FlagNode, error: FlagError, raw: RawValue | undefined): void {
    const { layer, revision, time } = this;
    const text = raw === undefined ? undefined : shown(flag, raw);
    const origin = this.originOf(flag.name);
    const written = origin && { origin };
    const rejection = Object.freeze({ flag: flag.name, source: layer.name, revision, text, error, time, ...written });
    const known = layer.rejected.get(flag.name);
    // The same value, refused for another reason: nothing has been written since.
    const same = known?.raw === raw ? known : undefined;
    // A load tells what is there, and not that it was written: a source that has lost its place makes the bytes anew.
    const stands = same ?? (known && this.replace && isSameRaw(known.raw, raw) ? known : undefined);
    const atStart = stands?.atStart ?? this.starting;
    const record = { rejection, raw, atStart, lastGood: same?.lastGood };
    this.#refused ??= new Map();
    this.#refused.set(flag.name, known && sameRefusal(known, record) ? known : record);
  }

  /** Tells who wrote what is wanted of a key, and when. */
  originOf(key: string): ChangeOrigin | undefined {
    return isByKey(this.#origin) ? this.#origin.get(key) : this.#origin;
  }

  outcome(version: number): BatchOutcome {
    const { accepted, restartNeeded } = this;
    const rejected: Rejection[] = [];
    const unknown: string[] = [];
    for (const { rejection } of this.refused.values()) rejected.push(rejection);
    for (const [key, raw] of this.unknown) if (raw !== undefined) unknown.push(key);
    return { version, accepted, rejected, unknown, restartNeeded };
  }

  #find(values: Iterable<readonly [string, RawValue | undefined]>, flags: ReadonlyMap<string, FlagNode>): void {
    for (const [key, raw] of values) {
      const flag = flags.get(key);
      if (flag) this.#readFor(flag, raw);
      else (this.#unknown ??= new Map()).set(key, raw);
    }
  }

  #readFor(flag: FlagNode, raw: RawValue | undefined): void {
    const current = this.layer.heldOf(flag);
    try {
      let held = raw === undefined ? undefined : current;
      // What a source holds already need not be parsed again; the process sets it anew, see the engine.
      if (raw !== undefined && (current?.raw !== raw || this.layer.kind === 'process')) {
        const { value, text } = checkText(flag, raw);
        // Field by field: to spread costs several times what parsing does.
        held = { value, text, raw, revision: this.revision, time: this.time, origin: this.originOf(flag.name) };
      }
      this.wishes.push({ flag, held });
    } catch (error) {
      this.refuse(flag, error as FlagError, raw);
    }
  }
}

function isByKey(origin: BatchOrigin | undefined): origin is ReadonlyMap<string, ChangeOrigin> {
  return origin instanceof Map;
}
