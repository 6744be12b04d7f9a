export { type CollectOptions, collectFlagz } from './collect-flagz.ts';
export type { MetricRegistry } from './metric.ts';
