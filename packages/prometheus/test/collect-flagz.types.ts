import { FlagSet } from '@flagz/core';
import { collectFlagz } from '@flagz/prometheus';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';

const flags = new FlagSet('types');

collectFlagz(flags, { register: promClient.register });
collectFlagz(flags, { register: new promClient.Registry() });
collectFlagz(flags, { register: new promClient.Registry<promClient.OpenMetricsContentType>() });
collectFlagz(flags, { register: successor.register });

// @ts-expect-error: a registry is required, no global one is assumed
collectFlagz(flags, {});
// @ts-expect-error: a metric is no registry
collectFlagz(flags, { register: new promClient.Gauge({ name: 'a', help: 'A.' }) });
