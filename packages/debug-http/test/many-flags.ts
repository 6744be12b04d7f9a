import { FlagSet, boolean, duration, inRange, int, oneOf, string } from '@flagz/core';

const AREAS = [
  'accounts',
  'cart',
  'checkout',
  'inventory',
  'mail',
  'payments',
  'pricing',
  'reviews',
  'search',
  'shipping',
];
const SHARDS = 50;

/**
 * Makes the flags of ten areas with fifty shards each, ten of a shard, and two sources that changed some of them.
 *
 * @param shards makes a smaller set of the same kind: a hundred flags per shard.
 */
export function manyFlags(shards: number = SHARDS): FlagSet {
  const flags = new FlagSet('platform');
  for (const area of AREAS) for (let shard = 1; shard <= shards; shard++) declareShard(flags, `${area}_${two(shard)}`);
  const names = Array.from(flags, ({ name }) => name);
  const mounted = names.filter((name) => name.endsWith('_log_level')).filter((_, index) => index % 7 === 0);
  const stored = names.filter((name) => name.endsWith('_rollout_percent')).filter((_, index) => index % 3 === 0);
  flags.load(
    { name: '/etc/flagz', kind: 'source' },
    mounted.map((name) => [name, 'debug'] as const),
  );
  flags.load(
    { name: 'etcd', kind: 'source' },
    stored.map((name, index) => [name, index === 1 ? 'all' : String((index * 5) % 100)] as const),
  );
  return flags;
}

function declareShard(flags: FlagSet, prefix: string): void {
  flags.dynamic(`${prefix}_enabled`, boolean, true, 'Whether this shard takes requests.');
  flags.dynamic(`${prefix}_timeout`, duration, 2000, 'Time after which a request is given up.');
  flags.dynamic(`${prefix}_retries`, int, 2, 'How often a request is tried again.').withValidator(inRange(0, 10));
  flags.dynamic(`${prefix}_batch_size`, int, 100, 'Entries that are written at once.');
  flags.dynamic(`${prefix}_cache_ttl`, duration, 60_000, 'How long an answer is kept.');
  flags.dynamic(`${prefix}_log_level`, oneOf('debug', 'info', 'warn', 'error'), 'info', 'What is logged.');
  flags.dynamic(`${prefix}_max_items`, int, 1000, 'Most entries of one answer.');
  flags.dynamic(`${prefix}_rollout_percent`, int, 0, 'Part of the users with the new path, in percent.');
  flags.dynamic(`${prefix}_greeting`, string, 'hello', 'What the page of the shard says.');
  flags.static(`${prefix}_endpoint`, string, `http://${prefix.replace('_', '-')}:8080`, 'Where the shard is.');
}

function two(shard: number): string {
  return String(shard).padStart(2, '0');
}
