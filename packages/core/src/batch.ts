import type { FlagError } from './errors.ts';
import type { FlagEvent } from './events.ts';
import type { FlagNode, Held } from './flag-node.ts';
import type { Layer, RejectionRecord } from './layer.ts';
import { checkText, shown } from './read-value.ts';
import type { BatchOrigin, BatchOutcome, ChangeOrigin, RawValue } from './source.ts';
import { sameRefusal } from './standing.ts';

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
}

/** Is a batch on its way: first what parse and validation made of the request, in the end what became of it. */
export class Batch {
  readonly layer: Layer;
  readonly replace: boolean;
  readonly revision: string | undefined;
  readonly starting: boolean;
  readonly time: number = Date.now();
  /** What the layer is to hold; `undefined` is a deletion. */
  readonly wanted: Map<FlagNode, Held | undefined> = new Map();
  readonly accepted: Set<string> = new Set();
  readonly refused: Map<string, RejectionRecord> = new Map();
  readonly unknown: Map<string, RawValue | undefined> = new Map();
  readonly restartNeeded: string[] = [];
  /** Events wait until all values are swapped: nobody sees half a batch. */
  readonly said: FlagEvent[] = [];
  readonly #origin: BatchOrigin | undefined;

  /** Finds, parses and validates: nothing changes yet. */
  constructor(
    { layer, values, replace = false, revision, origin, starting = false }: BatchRequest,
    flags: ReadonlyMap<string, FlagNode>,
  ) {
    this.layer = layer;
    this.replace = replace;
    this.revision = revision;
    this.#origin = origin;
    this.starting = starting;
    // Collected before anything is read: what is named twice counts once.
    this.#find(values instanceof Map ? values : new Map(values), flags);
  }

  /** Finds the flags that were declared while the batch waited for its turn. */
  findAgain(flags: ReadonlyMap<string, FlagNode>): void {
    const missing = [...this.unknown];
    this.unknown.clear();
    this.#find(missing, flags);
  }

  /** Refuses what is wanted of a flag. */
  refuse(flag: FlagNode, error: FlagError, raw: RawValue | undefined): void {
    const { layer, revision, time } = this;
    this.accepted.delete(flag.name);
    const text = raw === undefined ? undefined : shown(flag, raw);
    const origin = this.originOf(flag);
    const written = origin && { origin };
    const rejection = Object.freeze({ flag: flag.name, source: layer.name, revision, text, error, time, ...written });
    const record: RejectionRecord = { rejection, raw, atStart: this.starting };
    const known = layer.rejected.get(flag.name);
    this.refused.set(flag.name, known && sameRefusal(known, record) ? known : record);
  }

  /** Tells who wrote what is wanted of a flag, and when. */
  originOf(flag: FlagNode): ChangeOrigin | undefined {
    return isByKey(this.#origin) ? this.#origin.get(flag.name) : this.#origin;
  }

  outcome(version: number): BatchOutcome {
    return {
      version,
      accepted: [...this.accepted],
      rejected: [...this.refused.values()].map(({ rejection }) => rejection),
      unknown: [...this.unknown.keys()].filter((key) => this.unknown.get(key) !== undefined),
      restartNeeded: this.restartNeeded,
    };
  }

  #find(values: Iterable<readonly [string, RawValue | undefined]>, flags: ReadonlyMap<string, FlagNode>): void {
    for (const [key, raw] of values) {
      const flag = flags.get(key);
      if (flag) this.#read(flag, raw);
      else this.unknown.set(key, raw);
    }
  }

  #read(flag: FlagNode, raw: RawValue | undefined): void {
    const current = this.layer.held.get(flag);
    try {
      let held = raw === undefined ? undefined : current;
      // What a source holds already need not be parsed again; the process sets it anew, see the engine.
      if (raw !== undefined && (current?.raw !== raw || this.layer.kind === 'process')) {
        const { value, text } = checkText(flag, raw);
        // Field by field: to spread costs several times what parsing does.
        held = { value, text, raw, revision: this.revision, time: this.time, origin: this.originOf(flag) };
      }
      this.wanted.set(flag, held);
      this.accepted.add(flag.name);
    } catch (error) {
      this.refuse(flag, error as FlagError, raw);
    }
  }
}

function isByKey(origin: BatchOrigin | undefined): origin is ReadonlyMap<string, ChangeOrigin> {
  return origin instanceof Map;
}
