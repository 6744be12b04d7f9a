import type { FlagChange } from './events.ts';
import type { Flag } from './flag.ts';
import type { FlagType } from './flag-type.ts';
import type { Notifiers } from './notifiers.ts';
import type { ChangeOrigin, RawValue } from './source.ts';
import type { Validator } from './validators.ts';

/** Is a value that passed parse and validation, with where it came from. */
export interface Held {
  readonly value: unknown;
  /** The canonical text. */
  readonly text: string;
  /** What the source delivered, so that a re-load need not parse what it has already seen. */
  readonly raw: RawValue | undefined;
  readonly revision: string | undefined;
  readonly time: number;
  readonly origin: ChangeOrigin | undefined;
}

/** Relates several flags: asked about each batch that changes one of them. */
export interface Invariant {
  readonly flags: readonly FlagNode[];
  readonly holds: (...values: unknown[]) => unknown;
}

/** Is a value that is computed from flags, as those flags see it. */
export interface Dependent {
  /** Names the flags, for messages. */
  readonly name: string;
  /** Tells whether one of the flags is. */
  readonly sensitive: boolean;
  readonly notifiers: Notifiers<unknown>;
  get(): unknown;
  /** Computes anew and gives the value that it replaces. */
  update(): unknown;
}

/** Is what the engine knows of one flag; {@link Flag} is its typed, public face. */
export interface FlagNode {
  readonly name: string;
  readonly type: FlagType<unknown>;
  readonly usage: string;
  readonly dynamic: boolean;
  readonly sensitive: boolean;
  readonly deprecated: string | undefined;
  /** Order of declaration, which is the order of notification. */
  readonly ordinal: number;
  readonly defaultHeld: Held;
  /** What gives the value now, and the layer it lies in: none for the default. */
  held: Held;
  layer: { readonly name: string } | undefined;
  lastChange: FlagChange | undefined;
  /** What a restart would bring a static flag, where that differs, and the layer whose batch brought it about. */
  awaited: { readonly source: string; readonly next: string } | undefined;
  validators: readonly Validator<unknown>[];
  invariants: readonly Invariant[];
  dependents: readonly Dependent[];
  /** None until somebody subscribes. */
  notifiers: Notifiers<unknown> | undefined;
  /** The flag that users hold, once it is made. */
  face: Flag<unknown> | undefined;
}
