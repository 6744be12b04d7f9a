import { FlagSet, boolean, duration, inRange, int, json, oneOf, string, stringSet } from '@flagz/core';
import { type MemorySource, memorySource } from '@flagz/testing';

/** Is a flag set like one of a real service, with the sources that feed it. */
export interface Demo extends AsyncDisposable {
  readonly flags: FlagSet;
  readonly mount: MemorySource;
  readonly store: MemorySource;
}

/** Makes a flag set in which something of everything has happened: changes, refusals, unknown keys, a failing source. */
export async function startDemo(): Promise<Demo> {
  const flags = new FlagSet('checkout');
  flags.static('port', int, 8080, 'Port to listen on.').withValidator(inRange(0, 65535));
  flags.static('host', string, '127.0.0.1', 'Address to listen on.');
  flags.dynamic('enabled_features', stringSet, new Set(['fast_index']), 'Feature markers that are on.');
  flags.dynamic('rate_limiting_config', json(), { default_rate: 10, policy: 'allow' }, 'Rate limit of the service.');
  flags
    .dynamic('search_rollout_percent', int, 0, 'Part of the users that the new search answers, in percent.')
    .withValidator(inRange(0, 100));
  flags.dynamic('recommendations_enabled', boolean, true, 'Whether recommendations are served.');
  flags
    .dynamic('request_timeout', duration, 2000, 'Time after which a request is given up.')
    .withValidator(inRange(1, 60_000));
  flags.dynamic('log_level', oneOf('debug', 'info', 'warn', 'error'), 'info', 'What is logged.');
  flags.dynamic('greeting', string, 'hello', 'What the front page says.');
  flags.dynamic('api_token', string, '', 'Token for the payment service.', { sensitive: true });
  flags.dynamic('old_search', boolean, false, 'Answers by the old search.', {
    deprecated: 'use search_rollout_percent',
  });
  flags.load({ name: 'command line', kind: 'command line' }, [['port', '8081']]);
  const mount = memorySource({ log_level: 'warn', enabled_features: 'fast_index,gift_cards' }, { name: '/etc/flagz' });
  const store = memorySource({ search_rollout_percent: '10', api_token: 's3cr3t' }, { name: 'etcd' });
  const watchers = [await flags.watch(mount), await flags.watch(store, { backoff: { maxMs: 200 } })];
  store.set('search_rollout_percent', '25');
  store.update({ request_timeout: '2 minutes', recomendations_enabled: 'false' });
  store.set('rate_limiting_config', '{"default_rate":50,"policy":"deny"}');
  return {
    flags,
    mount,
    store,
    async [Symbol.asyncDispose]() {
      for (const watcher of watchers) await watcher.stop();
    },
  };
}
