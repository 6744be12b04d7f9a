import { type Source, SourceError } from '@flagz/core';
import type { Etcd3 } from 'etcd3';
import { type Cluster, clusterOf } from './cluster.ts';
import type { EtcdAuth, EtcdCredentials } from './connection.ts';
import type { Feed } from './feed.ts';

/** The longest wait that a timer counts, jitter included, in milliseconds: more would ring at once. */
const LONGEST_MS = 1_000_000_000;

/** Configures an {@link etcdSource}. */
export interface EtcdSourceOptions {
  /** Key prefix of the flags, such as `/checkout/flagz`; it ends in `/`, whether written or not. */
  readonly prefix: string;
  /**
   * Endpoints: `http://` or `https://` URLs, or `host:port`. One connection at a time, to any of them; after a failure to
   * the next. Sources with the same endpoints and credentials share it.
   */
  readonly hosts?: string | readonly string[];
  /**
   * A client of yours in place of `hosts`, `credentials` and `auth`; it is never closed. Give it keep-alive, an unlimited
   * message size and no circuit breaker, as the README shows.
   */
  readonly client?: Etcd3;
  /** Certificates for TLS. @default the system's authorities, where the endpoints are `https://` */
  readonly credentials?: EtcdCredentials;
  /** User and password. @default none */
  readonly auth?: EtcdAuth;
  /**
   * Whether a refused value of a dynamic flag is put right in etcd, `'revert'`, or only reported, `'report'`: then nothing
   * is ever written.
   *
   * @default 'revert'
   */
  readonly rollback?: 'revert' | 'report';
  /** Longest random wait before a rollback, in milliseconds, so that one instance of a fleet mends what all refuse. @default 1_000 */
  readonly rollbackDelayMs?: number;
  /** How often everything is read again as a safety net, give or take a fifth, in milliseconds. @default 300_000 */
  readonly reloadEveryMs?: number;
  /** Names the layer. @default 'etcd' */
  readonly name?: string;
}

/**
 * Makes a source that follows the keys under a prefix of etcd, loses nothing, and rolls refused values back.
 *
 * @throws {SourceError} when the options contradict each other, or lack a prefix or hosts.
 * @example
 * await using watcher = await flags.watch(etcdSource({ hosts: 'http://127.0.0.1:2379', prefix: '/checkout/flagz' }));
 */
export function etcdSource(options: EtcdSourceOptions): Source {
  const { name = 'etcd', rollback = 'revert', rollbackDelayMs = 1_000, reloadEveryMs = 300_000 } = options;
  const prefix = checkPrefix(options.prefix, name);
  if (rollback !== 'revert' && rollback !== 'report')
    throw misconfigured(name, `rollback must be "revert" or "report", got ${JSON.stringify(rollback)}`);
  if (!(rollbackDelayMs >= 0 && rollbackDelayMs <= LONGEST_MS))
    throw misconfigured(name, `rollbackDelayMs must be from 0 to ${LONGEST_MS}, got ${rollbackDelayMs}`);
  if (!(reloadEveryMs > 0 && reloadEveryMs <= LONGEST_MS))
    throw misconfigured(name, `reloadEveryMs must be above 0 and at most ${LONGEST_MS}, got ${reloadEveryMs}`);
  // Held as long as the source: where the last attempt came to, the next one goes on.
  const feed: Feed = openCluster(options, name).feed(prefix, { rollbackDelayMs, reloadEveryMs });
  return {
    name,
    staleAfterMs: 20_000,
    // An etcd that is back is found within seconds, however long it was away.
    backoff: { minMs: 100, maxMs: 1_500 },
    watch: (sink, signal) => feed.follow({ sink, rollback }, signal),
  };
}

function checkPrefix(prefix: string, name: string): string {
  if (typeof prefix !== 'string' || prefix.replaceAll('/', '') === '') {
    throw misconfigured(name, 'needs a prefix, such as "/checkout/flagz"');
  }
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

function openCluster({ hosts, client, credentials, auth }: EtcdSourceOptions, name: string): Cluster {
  if (client) {
    if (hosts ?? credentials ?? auth) throw misconfigured(name, 'takes either client, or hosts, credentials and auth');
    return clusterOf({ client });
  }
  const list = typeof hosts === 'string' ? [hosts] : [...(hosts ?? [])];
  if (list.length === 0 || list.some((host) => host === '')) {
    throw misconfigured(name, 'needs hosts, such as "http://127.0.0.1:2379", or a client');
  }
  const secure = list.filter((host) => host.startsWith('https://')).length;
  if (secure > 0 && secure < list.length) throw misconfigured(name, 'takes hosts that are all https://, or none');
  if (credentials && secure === 0 && list.some((host) => host.startsWith('http://'))) {
    throw misconfigured(name, 'has credentials for TLS, but http:// hosts; write https://');
  }
  if ((credentials?.privateKey === undefined) !== (credentials?.certChain === undefined)) {
    throw misconfigured(name, 'needs credentials.privateKey and credentials.certChain together');
  }
  return clusterOf({ hosts: list, credentials, auth });
}

function misconfigured(name: string, reason: string): SourceError {
  return new SourceError(`source "${name}": ${reason}`);
}
