import type { FlagType } from './flag-type.ts';
import type { Derived } from './derived.ts';
import type { FlagChange } from './events.ts';
import type { Invariant } from './invariant.ts';
import type { Held, Layer } from './layer.ts';
import type { Notifier, NotifierOptions, Notifiers } from './notifiers.ts';
import { checkText, formatValue } from './read-value.ts';
import type { Rejection } from './source.ts';
import type { Validator } from './validators.ts';

/** Configures a flag. */
export interface FlagOptions {
  /** Shows the value as `•••` in pages, events, history and errors. @default false */
  readonly sensitive?: boolean;
  /** Says what to use instead: whoever sets the flag is warned by an event. */
  readonly deprecated?: string;
}

/** Shows one layer that holds a value for a flag. */
export interface LayerInfo {
  readonly source: string;
  readonly value: string;
  readonly revision: string | undefined;
  /** When the layer took the value, in milliseconds since the epoch. */
  readonly time: number;
}

/** Shows a flag to people: texts are canonical, sensitive ones are redacted. */
export interface FlagInfo {
  readonly name: string;
  readonly type: string;
  readonly usage: string;
  readonly dynamic: boolean;
  readonly sensitive: boolean;
  readonly deprecated: string | undefined;
  readonly value: string;
  readonly defaultValue: string;
  /** Tells whether the value differs from the default. */
  readonly changed: boolean;
  /** The layer that gives the value, `default` where none does. */
  readonly source: string;
  /** All layers that hold a value, bottom to top; the last one wins. */
  readonly layers: readonly LayerInfo[];
  /** Tells that a source holds another value of this static flag, which only a restart brings. */
  readonly restartNeeded: boolean;
  readonly lastChange: FlagChange | undefined;
  /** What is refused right now, by layer, bottom to top. */
  readonly rejections: readonly Rejection[];
}

/**
 * Is what the flag set keeps about one flag.
 *
 * @internal
 */
export interface FlagNode {
  /** Order of declaration, which is the order of notification. */
  readonly ordinal: number;
  readonly defaultHeld: Held;
  /** What gives the value now, and the layer it lies in: none for the default. */
  held: Held;
  layer: Layer | undefined;
  lastChange: FlagChange | undefined;
  readonly validators: Validator<unknown>[];
  readonly notifiers: Notifiers<unknown>;
  readonly invariants: Invariant[];
  readonly derived: Set<Derived<unknown>>;
  readonly owner: FlagOwner;
}

/**
 * Is the flag set as its flags see it.
 *
 * @internal
 */
export interface FlagOwner {
  setText(flag: Flag<unknown>, text: string): void;
  reset(flag: Flag<unknown>): void;
  addValidator(flag: Flag<unknown>, validator: Validator<unknown>): void;
  show(flag: Flag<unknown>): FlagInfo;
}

/** Gives a flag its value; only the flag set may. */
export let assign: (flag: Flag<unknown>, value: unknown) => void;

/** Holds a typed value that is fixed once the program has started. {@link FlagSet} makes them. */
export class Flag<T> {
  static {
    assign = (flag, value) => {
      flag.#value = value;
    };
  }

  readonly name: string;
  readonly type: FlagType<T>;
  readonly usage: string;
  /** Tells whether the value can change while the program runs. */
  readonly dynamic: boolean;
  readonly sensitive: boolean;
  readonly deprecated: string | undefined;
  readonly defaultValue: T;
  /** @internal */
  readonly node: FlagNode;
  #value: T;

  /** @internal */
  constructor(name: string, type: FlagType<T>, usage: string, dynamic: boolean, options: FlagOptions, node: FlagNode) {
    this.name = name;
    this.type = type;
    this.usage = usage;
    this.dynamic = dynamic;
    this.sensitive = options.sensitive ?? false;
    this.deprecated = options.deprecated;
    this.node = node;
    this.#value = this.defaultValue = node.defaultHeld.value as T;
  }

  /** Gives the current value: a field read, which never throws. Objects are frozen. */
  get(): T {
    return this.#value;
  }

  /** Gives the canonical text of the current value, in clear also where the flag is sensitive. */
  get text(): string {
    return this.node.held.text;
  }

  /** Gives the name of the layer that the current value comes from, `default` where none holds one. */
  get source(): string {
    return this.node.layer?.name ?? 'default';
  }

  /**
   * Tells what `text` would give, and changes nothing.
   *
   * @throws {ParseError} when `text` is not a valid `T`.
   * @throws {ValidationError} when a validator refuses the parsed value.
   */
  check(text: string): T {
    return checkText(this, text).value as T;
  }

  /**
   * Adds a validator, asked before a value counts.
   *
   * A value that a layer holds already and that the new validator refuses leaves its layer and is reported.
   *
   * @throws {FlagError} when the default is refused, which is a bug of the program.
   */
  withValidator(validator: Validator<T>): this {
    this.node.owner.addValidator(this, validator as Validator<unknown>);
    return this;
  }

  /** Shows the flag to people: where its value comes from, what else is on offer, what is refused. */
  info(): FlagInfo {
    return this.node.owner.show(this);
  }
}

/** Holds a typed value that operators change while the program runs. {@link FlagSet} makes them. */
export class DynamicFlag<T> extends Flag<T> {
  /**
   * Adds a notifier, called synchronously with `(next, previous)` each time the effective value changes.
   *
   * @param options.signal ends the subscription.
   */
  withNotifier(notifier: Notifier<T>, options: NotifierOptions = {}): this {
    this.node.notifiers.add(notifier as Notifier<unknown>, options);
    return this;
  }

  /**
   * Sets the flag in the `process` layer, above all sources.
   *
   * Inside a notifier the batch starts after the current one has been delivered.
   *
   * @throws {ParseError} when the value is not one of the type.
   * @throws {ValidationError} when a validator or an invariant refuses it.
   */
  set(value: T): void {
    this.setText(formatValue(this, value));
  }

  /**
   * Sets the flag in the `process` layer from its text.
   *
   * Parses, validates, swaps, then notifies: a refused value changes nothing.
   *
   * @throws {ParseError} when `text` is not a valid `T`.
   * @throws {ValidationError} when a validator or an invariant refuses the parsed value.
   */
  setText(text: string): void {
    this.node.owner.setText(this, text);
  }

  /**
   * Removes the value that `set` gave: the flag falls back to the layers below.
   *
   * @throws {ValidationError} when an invariant refuses the value it would fall back to.
   */
  reset(): void {
    this.node.owner.reset(this);
  }
}
