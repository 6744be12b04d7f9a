import { FlagError, type FlagSet } from '@flagz/core';
import { Counts } from './counts.ts';
import { METRICS } from './metrics.ts';
import { type MetricRegistry, ScrapedMetric } from './metric.ts';

/** Configures {@link collectFlagz}. */
export interface CollectOptions {
  /** Says where the metrics go: a `Registry` of prom-client or of @prometheus-io/client, such as their global `register`. */
  readonly register: MetricRegistry;
}

/** Is a metric of this package, with the flag sets that it shows. */
class FlagzMetric extends ScrapedMetric {
  readonly collected: Map<FlagSet, Counts>;

  constructor(shape: (typeof METRICS)[number], collected: Map<FlagSet, Counts>) {
    super(shape, () =>
      Array.from(collected, ([flags, counts]) => ({
        owner: flags,
        collect: () =>
          shape.samples(flags, counts).map(({ labels, value }) => ({ labels: { set: flags.name, ...labels }, value })),
      })),
    );
    this.collected = collected;
  }
}

/**
 * Shows a flag set in a Prometheus registry.
 *
 * Everything is computed when it is scraped. Events are counted from this call on: make it before the first `watch`.
 * A scrape never fails because of flags, and no label ever holds a value.
 *
 * @returns what takes the flag set out of the registry again; a second call of it is fine.
 * @throws {FlagError} when there is no registry, or when it collects a flag set of that name already, or holds metrics of these names that
 * are not this package's.
 * @example
 * import { register } from 'prom-client';
 * const stop = collectFlagz(flags, { register });
 */
export function collectFlagz(flags: FlagSet, options: CollectOptions): () => void {
  const register = registryOf(flags, options);
  const collected = collectedBy(register, flags);
  for (const { name } of collected.keys()) {
    if (name === flags.name) {
      throw misdeclared(
        flags,
        'is collected in this registry already; call collectFlagz once, and give each flag set a name of its own',
      );
    }
  }
  const counts = new Counts(flags);
  if (collected.size === 0) {
    for (const shape of METRICS) register.registerMetric(new FlagzMetric(shape, collected) as never);
  }
  collected.set(flags, counts);
  return () => {
    counts.stop();
    if (!collected.delete(flags) || collected.size > 0) return;
    for (const { name } of METRICS) {
      const metric = register.getSingleMetric(name);
      // The registry may have been cleared, and hold others' metrics by now.
      if (metric instanceof FlagzMetric && metric.collected === collected) register.removeSingleMetric(name);
    }
  };
}

/**
 * Takes the registry out of the options. Neither client library is imported, so there is no default, and programs that
 * no compiler has checked pass what they like.
 */
function registryOf(flags: FlagSet, options: Partial<CollectOptions> | undefined): MetricRegistry {
  const register = options?.register;
  const methods = ['registerMetric', 'getSingleMetric', 'removeSingleMetric'] as const;
  if (register && methods.every((method) => typeof register[method] === 'function')) return register;
  throw misdeclared(
    flags,
    `${register ? 'register is no registry' : 'there is no registry to collect in'}; pass { register }, the export "register" or a Registry of prom-client or @prometheus-io/client`,
  );
}

/** Finds the flag sets that a registry shows. The registry is asked, so that one that was cleared is empty again. */
function collectedBy(register: MetricRegistry, flags: FlagSet): Map<FlagSet, Counts> {
  const known = METRICS.map(({ name }) => ({ name, metric: register.getSingleMetric(name) })).filter(
    ({ metric }) => metric,
  );
  const foreign = known.find(({ metric }) => !(metric instanceof FlagzMetric));
  if (foreign) {
    throw misdeclared(
      flags,
      `the registry has a metric ${foreign.name} of another origin; is @flagz/prometheus installed twice?`,
    );
  }
  const own = known[0]?.metric;
  return own instanceof FlagzMetric ? own.collected : new Map<FlagSet, Counts>();
}

function misdeclared(flags: FlagSet, reason: string): FlagError {
  return new FlagError('FLAGZ_DECLARATION', `flag set "${flags.name}": ${reason}`);
}
