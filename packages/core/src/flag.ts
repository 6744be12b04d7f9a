import type { FlagNode } from './flag-node.ts';
import type { FlagType } from './flag-type.ts';
import { type Notifier, type NotifierOptions, Notifiers } from './notifiers.ts';
import { checkText, formatValue } from './read-value.ts';
import type { FlagInfo } from './show-flag.ts';
import type { Validator } from './validators.ts';

/** Configures a flag. */
export interface FlagOptions {
  /** Shows the value as `•••` in pages, events, history and errors. @default false */
  readonly sensitive?: boolean;
  /** Says what to use instead: whoever sets the flag is warned by an event. */
  readonly deprecated?: string;
}

/** Says how a flag is set from within the process. */
export interface SetOptions {
  /** Names who asks: the change, its event and the history carry it. */
  readonly actor?: string;
  /** Whether to ask validators and invariants only, and change nothing. @default false */
  readonly dryRun?: boolean;
}

/**
 * Is the flag set as its flags see it.
 *
 * @internal
 */
export interface FlagOwner {
  setText(flag: FlagNode, text: string, options: SetOptions): void;
  reset(flag: FlagNode, options: SetOptions): void;
  addValidator(flag: FlagNode, validator: Validator<unknown>): void;
  show(flag: FlagNode): FlagInfo;
}

/** Holds a typed value that is fixed once the program has started. {@link FlagSet} makes them. */
export class Flag<T> {
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
  /** @internal */
  readonly owner: FlagOwner;
  #value: T;

  /** @internal */
  constructor(node: FlagNode, owner: FlagOwner) {
    this.name = node.name;
    this.type = node.type as FlagType<T>;
    this.usage = node.usage;
    this.dynamic = node.dynamic;
    this.sensitive = node.sensitive;
    this.deprecated = node.deprecated;
    this.node = node;
    this.owner = owner;
    this.#value = this.defaultValue = node.defaultHeld.value as T;
    node.face = this;
  }

  /**
   * Puts a value where `get()` reads it. No function of each flag's own: that would be one more thing to fetch from memory.
   *
   * @internal
   */
  static assign(flag: Flag<unknown>, value: unknown): void {
    flag.#value = value;
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
    return checkText(this.node, text).value as T;
  }

  /**
   * Adds a validator, asked before a value counts.
   *
   * A value that a layer holds already and that the new validator refuses leaves its layer and is reported.
   *
   * @throws {FlagError} when the default is refused, which is a bug of the program.
   */
  withValidator(validator: Validator<T>): this {
    this.owner.addValidator(this.node, validator as Validator<unknown>);
    return this;
  }

  /** Shows the flag to people: where its value comes from, what else is on offer, what is refused. */
  info(): FlagInfo {
    return this.owner.show(this.node);
  }
}

/** Holds a typed value that operators change while the program runs. {@link FlagSet} makes them. */
export class DynamicFlag<T> extends Flag<T> {
  /**
   * Adds a notifier, called synchronously with `(next, previous)` each time the effective value changes from now on.
   *
   * @param options.signal ends the subscription.
   */
  withNotifier(notifier: Notifier<T>, options: NotifierOptions = {}): this {
    this.node.notifiers ??= new Notifiers();
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
  set(value: T, options: SetOptions = {}): void {
    this.setText(formatValue(this.node, value), options);
  }

  /**
   * Sets the flag in the `process` layer from its text.
   *
   * Parses, validates, swaps, then notifies: a refused value changes nothing.
   *
   * @throws {ParseError} when `text` is not a valid `T`.
   * @throws {ValidationError} when a validator or an invariant refuses the parsed value.
   */
  setText(text: string, options: SetOptions = {}): void {
    this.owner.setText(this.node, text, options);
  }

  /**
   * Removes the value that `set` gave: the flag falls back to the layers below.
   *
   * @throws {ValidationError} when an invariant refuses the value it would fall back to.
   */
  reset(options: SetOptions = {}): void {
    this.owner.reset(this.node, options);
  }
}

/** Is the tuple of the values of a tuple of flags. */
export type ValuesOf<Flags extends readonly Flag<unknown>[]> = {
  [Index in keyof Flags]: Flags[Index] extends Flag<infer T> ? T : never;
};
