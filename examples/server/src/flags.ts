import {
  FlagSet,
  boolean,
  duration,
  float64,
  inRange,
  int,
  int64,
  json,
  matches,
  nonEmpty,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { loadProto3 } from '@flagz/protobuf/load';
import { z } from 'zod';

/** Holds all flags of the service. */
export const flags = new FlagSet('demo');

// Static: fixed once the service listens.

/** Names the address to listen on. */
export const host = flags.static('host', string, '127.0.0.1', 'Address to listen on.').withValidator(nonEmpty);

/** Names the port to listen on. */
export const port = flags
  .static('port', int, 8080, 'Port to listen on; 0 picks a free one.')
  .withValidator(inRange(0, 65_535));

/** Names the directory to follow; empty for none. */
export const configDir = flags.static('config_dir', string, '', 'Directory to follow as a mounted ConfigMap.');

/** Lists the endpoints of etcd; empty for none. */
export const etcdEndpoints = flags.static(
  'etcd_endpoints',
  stringSlice,
  [],
  'Comma-separated URLs of etcd, such as http://127.0.0.1:2379; set: follow etcd.',
);

/** Names the prefix of the flags in etcd. */
export const etcdPrefix = flags
  .static('etcd_prefix', string, '/demo/flagz', 'Key prefix of the flags in etcd.')
  .withValidator(nonEmpty);

/** Names the user of etcd; empty for none. */
export const etcdUsername = flags.static('etcd_username', string, '', 'User of etcd.');

/** Is the password of that user. */
export const etcdPassword = flags.static('etcd_password', string, '', 'Password of that user.', { sensitive: true });

/** Says what becomes of a refused value in etcd. */
export const etcdRollback = flags.static(
  'etcd_rollback',
  oneOf('revert', 'report'),
  'revert',
  'Whether a refused value in etcd is rolled back, or only reported.',
);
/** Names the ConfigMap to follow through the Kubernetes API; empty for none. */
export const configMap = flags
  .static('configmap', string, '', 'ConfigMap to follow through the Kubernetes API, as namespace/name.')
  .withValidator(matches(/^([^/]+\/[^/]+)?$/));

/** Names the kubeconfig for {@link configMap}; empty for the usual places. */
export const kubeconfig = flags.static('kubeconfig', string, '', 'Path of a kubeconfig; else the usual places.');

/** Bounds the first load of a source, in milliseconds. */
export const startTimeout = flags
  .static('start_timeout', duration, 10_000, 'How long a source may take to load first.')
  .withValidator(inRange(1, 3_600_000));

/** Tells whether the service starts only with all its sources. */
export const sourcesRequired = flags.static(
  'sources_required',
  boolean,
  true,
  'Whether a source that cannot load ends the start; false: start on what there is and catch up.',
);

/** Tells whether this machine may set values at /debug/flagz. */
export const debugWritable = flags.static(
  'debug_writable',
  boolean,
  false,
  'Whether /debug/flagz lets this machine set values.',
);

// Dynamic: read at each request, or subscribed to.

/** Limits the requests of /search and /recommendations. */
export const rateLimitingConfig = flags
  .dynamic(
    'rate_limiting_config',
    json(z.strictObject({ default_rate: z.int(), policy: z.enum(['allow', 'deny']) })),
    { default_rate: 10, policy: 'allow' },
    'Requests per second of /search and /recommendations, and whether to allow or deny those above.',
  )
  .withValidator((next) => next.default_rate >= 1 || 'default_rate must be at least 1');

/** Lists the features that are on. */
export const enabledFeatures = flags.dynamic(
  'enabled_features',
  stringSet,
  new Set(['fast_index']),
  'Features that are on: fast_index opens the new index to those whom search_rollout_percent lets in.',
);

/** Says how many users get the new index, in percent. */
export const searchRolloutPercent = flags
  .dynamic('search_rollout_percent', float64, 0, 'Percentage of users whose searches use the fast index.')
  .withValidator(inRange(0, 100));

/** Switches /recommendations. */
export const recommendationsEnabled = flags.dynamic(
  'recommendations_enabled',
  boolean,
  true,
  'Whether /recommendations answers.',
);

/** Bounds how long a client may take to send a request, in milliseconds. */
export const requestTimeout = flags
  .dynamic('request_timeout', duration, 2_000, 'How long a client may take to send its request, from 1ms to 1m.')
  .withValidator(inRange(1, 60_000));

/** Bounds the open connections; those above are closed at once. */
export const maxConnections = flags
  .dynamic('max_connections', int64, 100n, 'Connections that may be open at once; more are closed.')
  .withValidator(inRange(1n, 1_000_000n));

/** Bounds {@link maxConnections} from below. */
export const minConnections = flags
  .dynamic('min_connections', int64, 1n, 'Least that max_connections may be set to.')
  .withValidator(inRange(0n, 1_000_000n));

flags.invariant(
  [minConnections, maxConnections],
  (min, max) => min <= max || 'min_connections must not be above max_connections',
);

/** Lists the log levels, the most talkative one first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Says which requests are logged. */
export const logLevel = flags.dynamic(
  'log_level',
  oneOf(...LOG_LEVELS),
  'info',
  'Requests to log: debug is all, info and warn those answered 400 or more, error 500. Flag events are always logged.',
);

/** Is said on the home page. */
export const greeting = flags
  .dynamic('greeting', string, 'hello', 'What the home page says first; at most 200 characters.')
  .withValidator((next) => Array.from(next).length <= 200 || 'must have at most 200 characters');

/** Lists the origins whose pages may read the answers (CORS). */
export const allowedOrigins = flags.dynamic(
  'allowed_origins',
  stringSlice,
  [],
  'Origins whose pages may read the answers (CORS), such as https://shop.example.',
);

/** Is `demo.Pricing` as protobufjs reads it: 64 bits come as an object of its own. */
export interface Pricing {
  readonly currency?: string;
  readonly cents?: { isNegative(): boolean };
  readonly tiers?: readonly string[];
  readonly validFor?: { readonly seconds?: unknown; readonly nanos?: number };
}

/** Shows a protobuf message as a flag: nothing uses the prices. */
export const pricing = flags
  .dynamic(
    'pricing',
    loadProto3<Pricing>(new URL('../protos/pricing.proto', import.meta.url), 'demo.Pricing'),
    { currency: 'EUR' },
    'Prices: demo.Pricing as ProtoJSON, or base64: and the binary form.',
  )
  .withValidator((next) => !next.cents?.isNegative() || 'cents must not be negative');

/** Shows what a sensitive flag looks like: nothing uses the token, and nothing shows it. */
export const apiToken = flags.dynamic('api_token', string, '', 'Token of a service behind this one; never shown.', {
  sensitive: true,
});
