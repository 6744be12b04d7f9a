import { BatchEngine } from './batch-engine.ts';
import { checksum } from './checksum.ts';
import { type Declaration, makeNode, misdeclared } from './declaration.ts';
import { declareInvariant } from './declare-invariant.ts';
import { quote } from './escape.ts';
import type { FlagChange, FlagListener } from './events.ts';
import type { FlagType, FlagTypeOfDefault } from './flag-type.ts';
import { DynamicFlag, Flag, type FlagOptions, type FlagOwner, type ValuesOf } from './flag.ts';
import type { FlagNode, Invariant } from './flag-node.ts';
import { flagOwner } from './flag-owner.ts';
import { Layer } from './layer.ts';
import { overrideFlags } from './override.ts';
import { Snapshot } from './snapshot.ts';
import type { BatchOutcome, LayerKind, RawValue, Source } from './source.ts';
import { string } from './text.ts';
import { type WatchOptions, findBadWait } from './watch-options.ts';
import { Watcher } from './watcher.ts';

/** Configures a flag set. */
export interface FlagSetOptions {
  /** How many changes the history keeps. @default 1000 */
  readonly historySize?: number;
}

/** Is a flag with the flag that names the file of its text. */
export interface FileFlag {
  readonly flag: Flag<unknown>;
  readonly path: Flag<string>;
}

/**
 * Holds the flags of a service.
 *
 * @example
 * const flags = new FlagSet('checkout');
 * const rate = flags.dynamic('rate', int, 10, 'Requests per second.').withValidator(inRange(1, 1000));
 * await using watcher = await flags.watch(source);
 * rate.get(); //=> 10
 */
export class FlagSet {
  /** Names the flag set in metrics and pages. */
  readonly name: string;
  readonly #engine: BatchEngine;
  readonly #flags = new Map<string, Flag<unknown>>();
  readonly #process = new Layer('process', 'process');
  readonly #watchers = new Map<string, Watcher>();
  readonly #fileFlags: FileFlag[] = [];
  readonly #owner: FlagOwner;
  #sorted: readonly Flag<unknown>[] | undefined;
  #snapshot: Snapshot | undefined;
  #checksums: { readonly version: number; readonly dynamic: string; readonly static: string } | undefined;

  constructor(name: string, { historySize = 1000 }: FlagSetOptions = {}) {
    this.name = name;
    this.#engine = new BatchEngine(historySize);
    this.#engine.layers.add(this.#process);
    this.#owner = flagOwner(this.#engine, this.#process, name);
  }

  /** Counts the batches that changed something. */
  get version(): number {
    return this.#engine.version;
  }

  /** Lists the watchers in the order of their first `watch` call, the stopped ones too. */
  get watchers(): readonly Watcher[] {
    return [...this.#watchers.values()];
  }

  /** Lists the flags that {@link FlagSet.fileFlag} paired with a path. */
  get fileFlags(): readonly FileFlag[] {
    return [...this.#fileFlags];
  }

  /**
   * Declares a flag that is fixed once the program has started: it takes values from the command line, the environment
   * and the first load of a source.
   *
   * @throws {FlagError} when the name is taken or malformed, or the default is not a value of the type.
   */
  static<T>(name: string, type: FlagTypeOfDefault, defaultValue: T, usage: string, options?: FlagOptions): Flag<T>;
  static<T>(name: string, type: FlagType<T>, defaultValue: NoInfer<T>, usage: string, options?: FlagOptions): Flag<T>;
  static<T>(
    name: string,
    type: FlagType<T> | FlagTypeOfDefault,
    defaultValue: T,
    usage: string,
    options: FlagOptions = {},
  ): Flag<T> {
    return this.#declare({ name, type, defaultValue, usage, dynamic: false, ...options }, Flag<T>);
  }

  /**
   * Declares a flag that operators change while the program runs.
   *
   * @throws {FlagError} when the name is taken or malformed, or the default is not a value of the type.
   */
  dynamic<T>(
    name: string,
    type: FlagTypeOfDefault,
    defaultValue: T,
    usage: string,
    options?: FlagOptions,
  ): DynamicFlag<T>;
  dynamic<T>(
    name: string,
    type: FlagType<T>,
    defaultValue: NoInfer<T>,
    usage: string,
    options?: FlagOptions,
  ): DynamicFlag<T>;
  dynamic<T>(
    name: string,
    type: FlagType<T> | FlagTypeOfDefault,
    defaultValue: T,
    usage: string,
    options: FlagOptions = {},
  ): DynamicFlag<T> {
    return this.#declare({ name, type, defaultValue, usage, dynamic: true, ...options }, DynamicFlag<T>);
  }

  /**
   * Declares `<name>_path`, the path of a file that holds the flag's text.
   *
   * Core reads no files: watch `fileFlagSource(flags)` of `@flagz/configmap`, or a source of your own over
   * {@link FlagSet.fileFlags}.
   */
  fileFlag(flag: Flag<unknown>): Flag<string> {
    const usage = `Path of a file that holds the text of ${flag.name}.`;
    const name = `${flag.name}_path`;
    const path = flag.dynamic ? this.dynamic(name, string, '', usage) : this.static(name, string, '', usage);
    this.#fileFlags.push({ flag, path });
    return path;
  }

  /**
   * Relates several flags: a batch that would break the relation is refused as far as these flags go, together.
   *
   * @param holds answers `true`, or a reason, or throws.
   * Values that layers hold already and that break it leave their layers, from the top, and are reported.
   *
   * @throws {FlagError} when the defaults break it, which is a bug of the program.
   * @example
   * flags.invariant([low, high], (low, high) => low <= high || 'low above high');
   */
  invariant<const Flags extends readonly Flag<unknown>[]>(
    related: Flags,
    holds: (...values: ValuesOf<Flags>) => boolean | string,
  ): this {
    const invariant = { flags: related.map((flag) => flag.node), holds: holds as Invariant['holds'] };
    declareInvariant(this.#engine, this.name, invariant);
    return this;
  }

  /** Finds a flag by its name. */
  find(name: string): Flag<unknown> | undefined {
    return this.#flags.get(name);
  }

  /** Gives the flags, sorted by name. */
  [Symbol.iterator](): Iterator<Flag<unknown>> {
    this.#sorted ??= [...this.#flags.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    return this.#sorted[Symbol.iterator]();
  }

  /** Subscribes to everything that happens, as one typed stream; gives what ends the subscription. */
  subscribe(listener: FlagListener): () => void {
    return this.#engine.events.subscribe(listener);
  }

  /** Gives the latest changes, oldest first. */
  history(): readonly FlagChange[] {
    return this.#engine.history.list();
  }

  /** Gives a consistent picture of all values, made once a version: what one request should work with. */
  snapshot(): Snapshot {
    if (this.#snapshot?.version === this.version) return this.#snapshot;
    this.#snapshot = new Snapshot(this.version, this.#flags.values());
    return this.#snapshot;
  }

  /**
   * Computes the checksum of all dynamic, or all static, flags: equal configurations have equal checksums, in every
   * process. Cached by version.
   */
  checksum(of: 'dynamic' | 'static'): string {
    if (this.#checksums?.version === this.version) return this.#checksums[of];
    const sum = (dynamic: boolean): string =>
      checksum([...this].filter((flag) => flag.dynamic === dynamic).map((flag) => [flag.name, flag.text]));
    this.#checksums = { version: this.version, dynamic: sum(true), static: sum(false) };
    return this.#checksums[of];
  }

  /**
   * Loads what is read once, such as a command line, as a layer: one batch, static flags too.
   *
   * A second load of the same name replaces the first. Nothing is thrown for refused values: the outcome lists them.
   */
  load(
    layer: { readonly name: string; readonly kind: Exclude<LayerKind, 'process'> },
    values: Iterable<readonly [key: string, value: RawValue]>,
  ): BatchOutcome {
    return this.#engine.apply({
      layer: this.#layer(layer.kind, layer.name),
      values,
      replace: true,
      starting: true,
    });
  }

  /**
   * Puts a source to work.
   *
   * Resolves once its first load has been applied, or at once with `required: false`.
   *
   * @throws {SourceError} when it has not loaded within the time-out, or holds refused values: the message names each.
   * @throws {FlagError} when a source of that name is being watched already, or a wait is no number of milliseconds.
   */
  async watch(source: Source, options: WatchOptions = {}): Promise<Watcher> {
    const known = this.#watchers.get(source.name);
    if (known && known.status.state !== 'stopped') {
      throw misdeclared(
        this.name,
        `source ${quote(source.name)} is being watched already; give each source a name of its own`,
      );
    }
    const badWait = findBadWait(options);
    if (badWait !== undefined) throw misdeclared(this.name, `watch(${quote(source.name)}): ${badWait}`);
    const layer = this.#layer(source.kind ?? 'source', source.name);
    const watcher = new Watcher(source, layer, this.#engine, options);
    this.#watchers.set(source.name, watcher);
    await watcher.started;
    return watcher;
  }

  /**
   * Overrides flags above everything else until the result is disposed of: the tests' and the emergencies' tool.
   *
   * @throws {FlagError} when a flag is unknown or static, or a value is refused: nothing has changed then.
   * @example
   * using _ = flags.override({ recommendations_enabled: false });
   */
  override(values: Readonly<Record<string, unknown>>): Disposable {
    return overrideFlags(this.#engine, this.name, values);
  }

  #declare<T, F extends Flag<T>>(declaration: Declaration<T>, face: new (node: FlagNode, owner: FlagOwner) => F): F {
    const { name } = declaration;
    if (this.#flags.has(name)) throw misdeclared(this.name, `flag ${quote(name)} is declared already`);
    const flag = new face(makeNode(this.name, declaration, this.#flags.size), this.#owner);
    this.#flags.set(name, flag);
    this.#engine.flags.set(name, flag.node);
    this.#sorted = this.#snapshot = this.#checksums = undefined;
    this.#adopt(name);
    return flag;
  }

  /** Gives a flag that is declared late what the layers have kept for it. */
  #adopt(name: string): void {
    for (const layer of this.#engine.layers) {
      const kept = layer.unknown.get(name);
      if (kept) this.#engine.apply({ layer, values: [[name, kept.raw]], origin: kept.origin, starting: true });
    }
  }

  #layer(kind: LayerKind, name: string): Layer {
    const known = this.#engine.layers.find(kind, name);
    if (known) return known;
    const layer = new Layer(name, kind);
    this.#engine.layers.add(layer);
    return layer;
  }
}
