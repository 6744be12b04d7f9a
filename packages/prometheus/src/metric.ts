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
  readonly #collect: () => readonly Sample[];
  #last: readonly Sample[] = [];

  constructor({ name, help, type, aggregator }: MetricShape, collect: () => readonly Sample[]) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregator;
    this.#collect = collect;
  }

  /** Gives the current series. An exception here would fail the whole scrape of the application: the last series stay. */
  async get(): Promise<Collected> {
    try {
      this.#last = this.#collect();
    } catch {
      // Nobody is left to tell: the flags' own errors are in the event stream.
    }
    // Copies, because a registry with default labels writes into what it gets.
    const values = this.#last.map(({ labels, value }) => ({ labels: { ...labels }, value }));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  /** Is there for `registry.resetMetrics()`: what is computed from the flags cannot be reset. */
  reset(): void {}
}
