import type { FlagNode, Held } from './flag-node.ts';
import { LazyMap } from './lazy-map.ts';
import type { ChangeOrigin, LayerKind, RawValue, Rejection } from './source.ts';

/** Is a rejection with what was refused, so that the same refusal is announced once. */
export interface RejectionRecord {
  readonly rejection: Rejection;
  readonly raw: RawValue | undefined;
  /** Whether the first load refused it: it was there before this process had accepted anything. */
  readonly atStart: boolean;
  /** What was accepted last, once somebody has asked. */
  lastGood: LastGood | undefined;
}

/** Is what a layer accepted last; no value where it never held one. */
export interface LastGood {
  readonly value: RawValue | undefined;
}

/** Is what a layer keeps of a key that is no flag yet. */
export interface UnknownValue {
  readonly raw: RawValue;
  readonly origin: ChangeOrigin | undefined;
}

/** Is what a flag's value would be, and the layer that would give it: none for the default. */
export interface Effect {
  readonly flag: FlagNode;
  readonly previous: Held;
  readonly next: Held;
  readonly layer: Layer | undefined;
}

/** Is what a batch makes of one flag. */
export interface Change extends Effect {
  /** What the batch's layer is to hold: nothing is a deletion. */
  readonly held: Held | undefined;
  /** Whether it is another value, and not only another layer that gives the same. */
  readonly differs: boolean;
}

/** Holds the values of one source in one flag set. */
export class Layer {
  readonly name: string;
  readonly kind: LayerKind;
  readonly held: LazyMap<FlagNode, Held> = new LazyMap();
  /** What this layer would hold of static flags if the program started now. */
  readonly pending: LazyMap<FlagNode, Held | undefined> = new LazyMap();
  /** What is refused right now; `standing.ts` alone writes it, and the unknown ones. */
  readonly rejected: LazyMap<string, RejectionRecord> = new LazyMap();
  /** Keys that are no flag yet: a flag declared later finds its value here, and who wrote it. */
  readonly unknown: LazyMap<string, UnknownValue> = new LazyMap();

  /** Whether it lies in the stack: one that was taken out gives no value any more, whatever it is still told to hold. */
  stacked = false;
  /** The watcher that fills it; one that came before has no say any more. */
  owner: object | undefined;

  constructor(name: string, kind: LayerKind) {
    this.name = name;
    this.kind = kind;
  }

  /**
   * Gives what it holds of a flag. Where the flag has its value from here, that need not be looked up: the engine writes both
   * at once.
   */
  heldOf(flag: FlagNode): Held | undefined {
    return flag.layer === this ? flag.held : this.held.get(flag);
  }

  /** Gives what was accepted last for a dynamic flag whose value is refused since. */
  lastGood(flag: FlagNode | undefined): LastGood | undefined {
    const refused = flag?.dynamic ? this.rejected.get(flag.name) : undefined;
    if (!flag || !refused || refused.atStart) return undefined;
    return (refused.lastGood ??= { value: this.held.get(flag)?.raw });
  }
}

const KINDS: readonly LayerKind[] = ['environment', 'command line', 'source', 'process'];

/** Keeps the layers in order, bottom to top. */
export class LayerStack {
  readonly #layers: Layer[] = [];

  /** Puts a layer above the others of its kind. */
  add(layer: Layer): void {
    const rank = KINDS.indexOf(layer.kind);
    const above = this.#layers.findIndex((other) => KINDS.indexOf(other.kind) > rank);
    this.#layers.splice(above < 0 ? this.#layers.length : above, 0, layer);
    layer.stacked = true;
  }

  remove(layer: Layer): void {
    const index = this.#layers.indexOf(layer);
    if (index >= 0) this.#layers.splice(index, 1);
    layer.stacked = false;
  }

  find(kind: LayerKind, name: string): Layer | undefined {
    return this.#layers.find((layer) => layer.kind === kind && layer.name === name);
  }

  /** Bottom to top. */
  [Symbol.iterator](): Iterator<Layer> {
    return this.#layers[Symbol.iterator]();
  }

  /** Finds the highest layer that holds a value for a flag, where `holding` says what each holds. */
  resolve(flag: FlagNode, holding: (layer: Layer, flag: FlagNode) => Held | undefined): Effect {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const layer = this.#layers[index] as Layer;
      const next = holding(layer, flag);
      if (next) return { flag, previous: flag.held, next, layer };
    }
    return { flag, previous: flag.held, next: flag.defaultHeld, layer: undefined };
  }
}
