/** Is what this package needs of a registry: prom-client and @prometheus-io/client both have it. */
export interface MetricRegistry {
  /** Takes a metric in. `never` lets every registry fit, whatever it calls its metrics. */
  registerMetric(metric: never): void;
  /** Finds a metric, to know whether there is one already. */
  getSingleMetric(name: string): unknown;
  /** Lets a metric go. */
  removeSingleMetric(name: string): void;
}

/** Is one series of a metric, at this moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Says what a metric is called, and how the workers of a cluster add up to one number. */
export interface MetricShape {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly aggregator: 'sum' | 'min' | 'max';
}

/** Is what a registry asks its metrics for. */
interface Collected extends MetricShape {
  readonly values: readonly Sample[];
}

/** Gives the series of one flag set. */
export interface SampleGroup {
  /** Is what the last series are kept for, while these cannot be had. */
  readonly owner: object;
  collect(): readonly Sample[];
}

/**
 * Is a metric that is computed when it is scraped.
 *
 * A registry asks its metrics for `name`, `help`, `type` and `get()` and for nothing else, so this needs no class of
 * the client library, and series that are gone leave no trace.
 */
export class ScrapedMetric {
  /** Writable, because a registry of OpenMetrics takes the `_total` off a counter's name. */
  name: string;
  readonly help: string;
  readonly type: MetricShape['type'];
  readonly aggregator: MetricShape['aggregator'];
  readonly #groups: () => readonly SampleGroup[];
  #last: ReadonlyMap<object, readonly Sample[]> = new Map();

  constructor({ name, help, type, aggregator }: MetricShape, groups: () => readonly SampleGroup[]) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregator;
    this.#groups = groups;
  }

  /** Gives the current series. An exception here would fail the whole scrape: the last series of its group stay. */
  async get(): Promise<Collected> {
    this.#last = new Map(this.#groups().map((group) => [group.owner, this.#collect(group)]));
    // Copies, because a registry with default labels writes into what it gets.
    const values = [...this.#last.values()].flat().map(({ labels, value }) => ({ labels: { ...labels }, value }));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  /** Is there for `registry.resetMetrics()`: what is computed from the flags cannot be reset. */
  reset(): void {}

  #collect(group: SampleGroup): readonly Sample[] {
    try {
      return group.collect();
    } catch {
      // Nobody is left to tell: the flags' own errors are in the event stream.
      return this.#last.get(group.owner) ?? [];
    }
  }
}
