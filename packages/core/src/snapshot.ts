import type { Flag } from './flag.ts';

/** Is a frozen, consistent picture of all values of a flag set at one version. */
export class Snapshot {
  /** Version of the flag set that it shows. */
  readonly version: number;
  readonly #values: ReadonlyMap<Flag<unknown>, unknown>;

  /** @internal */
  constructor(version: number, flags: Iterable<Flag<unknown>>) {
    this.version = version;
    this.#values = new Map(Array.from(flags, (flag) => [flag, flag.get()]));
    Object.freeze(this);
  }

  /** Gives the value that the flag had; a flag declared later, or of another flag set, gives its default. */
  get<T>(flag: Flag<T>): T {
    return (this.#values.has(flag) ? this.#values.get(flag) : flag.defaultValue) as T;
  }
}
