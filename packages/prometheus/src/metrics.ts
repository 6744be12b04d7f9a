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
    samples: (_, counts) =>
      [...counts.rollbacks()].flatMap(([source, outcomes]) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { source, outcome }, value })),
      ),
  },
  {
    name: 'flagz_source_up',
    help: 'Whether the source is live: 1, or 0 while it is starting or stale; gone once it is stopped.',
    type: 'gauge',
    aggregator: 'min',
    samples: (flags) => atWork(flags, ({ state }) => (state === 'live' ? 1 : 0)),
  },
  {
    name: 'flagz_source_last_success_timestamp_seconds',
    help: 'When the source was heard last; 0 until it has loaded once.',
    type: 'gauge',
    aggregator: 'min',
    samples: (flags) => atWork(flags, ({ lastSuccess = 0 }) => lastSuccess / 1000),
  },
  {
    name: 'flagz_source_restarts_total',
    help: 'How often the source was started again after a failure.',
    type: 'counter',
    aggregator: 'sum',
    samples: (flags) => statuses(flags).map(({ source, restarts }) => ({ labels: { source }, value: restarts })),
  },
  {
    name: 'flagz_rejected_keys',
    help: 'Keys of the source whose value is refused right now.',
    type: 'gauge',
    aggregator: 'max',
    samples: (flags) => atWork(flags, ({ rejected }) => rejected.length),
  },
  {
    name: 'flagz_unknown_keys',
    help: 'Keys of the source that are no flag of the set.',
    type: 'gauge',
    aggregator: 'max',
    samples: (flags) => atWork(flags, ({ unknown }) => unknown.length),
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

/** Measures the sources at work. One that was stopped has no state any more, and nobody is to be woken for it. */
function atWork(flags: FlagSet, measure: (status: WatcherStatus) => number): Sample[] {
  return statuses(flags)
    .filter(({ state }) => state !== 'stopped')
    .map((status) => ({ labels: { source: status.source }, value: measure(status) }));
}

function statuses(flags: FlagSet): readonly WatcherStatus[] {
  return flags.watchers.map(({ status }) => status);
}
