import type { FlagSet, WatcherStatus } from '@flagz/core';
import type { Counts } from './counts.ts';
import type { MetricShape, Sample } from './metric.ts';

/** Is a metric with the series that it has for one flag set; the label `set` is added to each. */
interface FlagzMetricShape extends MetricShape {
  readonly samples: (flags: FlagSet, counts: Counts) => readonly Sample[];
}

/** Lists the metrics. Values of flags never stand in a label: they may be secret, and each new one is a new series. */
export const METRICS: readonly FlagzMetricShape[] = [
  {
    name: 'flagz_checksum',
    help: 'Checksum of all flags of a type, as a label; the value is 1.',
    type: 'gauge',
    // In a cluster: the number of workers that run this configuration.
    aggregator: 'sum',
    samples: (flags) =>
      (['dynamic', 'static'] as const).map((type) => ({ labels: { type, checksum: flags.checksum(type) }, value: 1 })),
  },
  {
    name: 'flagz_last_change_timestamp_seconds',
    help: 'When an effective flag value changed last; 0 while none has. Of two instances that differ, the lower one lags.',
    type: 'gauge',
    aggregator: 'min',
    samples: (_, { lastChange }) => [{ labels: {}, value: lastChange / 1000 }],
  },
  {
    name: 'flagz_changes_total',
    help: 'Changes of effective flag values, by the source that caused them.',
    type: 'counter',
    aggregator: 'sum',
    samples: (_, counts) => counted(counts.bySource(counts.changes)),
  },
  {
    name: 'flagz_rejections_total',
    help: 'Values that were refused, each counted when it is refused first.',
    type: 'counter',
    aggregator: 'sum',
    samples: (_, counts) => counted(counts.bySource(counts.rejections)),
  },
  {
    name: 'flagz_rollbacks_total',
    help: 'Attempts to take a refused value back at its source, by outcome.',
    type: 'counter',
    aggregator: 'sum',
    samples: (_, { rollbacks }) =>
      [...rollbacks].flatMap(([source, outcomes]) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { source, outcome }, value })),
      ),
  },
  {
    name: 'flagz_source_up',
    help: 'Whether the source is live: 1, or 0 while it is starting, stale or stopped.',
    type: 'gauge',
    aggregator: 'min',
    samples: (flags) => bySource(flags, ({ state }) => (state === 'live' ? 1 : 0)),
  },
  {
    name: 'flagz_source_last_success_timestamp_seconds',
    help: 'When the source was heard last; 0 until it has loaded once.',
    type: 'gauge',
    aggregator: 'min',
    samples: (flags) => bySource(flags, ({ lastSuccess = 0 }) => lastSuccess / 1000),
  },
  {
    name: 'flagz_source_restarts_total',
    help: 'How often the source was started again after a failure.',
    type: 'counter',
    aggregator: 'sum',
    samples: (flags) => bySource(flags, ({ restarts }) => restarts),
  },
  {
    name: 'flagz_rejected_keys',
    help: 'Keys of the source whose value is refused right now.',
    type: 'gauge',
    aggregator: 'max',
    samples: (flags) => bySource(flags, ({ rejected }) => rejected.length),
  },
  {
    name: 'flagz_unknown_keys',
    help: 'Keys of the source that are no flag of the set.',
    type: 'gauge',
    aggregator: 'max',
    samples: (flags) => bySource(flags, ({ unknown }) => unknown.length),
  },
  {
    name: 'flagz_notifier_errors_total',
    help: 'Notifiers and derived values that failed.',
    type: 'counter',
    aggregator: 'sum',
    samples: (_, { notifierErrors }) => [{ labels: {}, value: notifierErrors }],
  },
];

function counted(counts: ReadonlyMap<string, number>): Sample[] {
  return Array.from(counts, ([source, value]) => ({ labels: { source }, value }));
}

function bySource(flags: FlagSet, measure: (status: WatcherStatus) => number): Sample[] {
  return flags.watchers.map(({ source, status }) => ({ labels: { source }, value: measure(status) }));
}
