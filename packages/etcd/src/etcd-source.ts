import { type Source, SourceError } from '@flagz/core';
import type { Etcd3 } from 'etcd3';
import { checkCredentials } from './check-credentials.ts';
import { Cluster, type ClusterOptions, type Member } from './cluster.ts';
import { type EtcdCredentials, optionsOf } from './endpoint.ts';
import type { Feed } from './feed.ts';
import { checkClientHosts, checkHosts } from './hosts.ts';

/** The longest wait that a timer counts, jitter included, in milliseconds: more would ring at once. */
const LONGEST_MS = 1_000_000_000;

/** Holds a user and a password. */
export interface EtcdAuth {
  readonly username: string;
  /** The password, or what gives the current one: asked when the source starts to work, and at each login. */
  readonly password: string | (() => string);
}

/** Configures an {@link etcdSource}. */
export interface EtcdSourceOptions {
  /** Key prefix of the flags, such as `/checkout/flagz`; it ends in `/`, whether written or not. */
  readonly prefix: string;
  /**
   * Endpoints: `http://` or `https://` URLs, or `host:port`. One connection at a time, to any of them; after a failure to
   * the next. Sources with the same endpoints, certificates, user and password share it.
   */
  readonly hosts?: string | readonly string[];
  /**
   * A client of yours in place of `hosts`, `credentials` and `auth`, just as you made it. The settings it was made with are
   * used, on a connection of the source's own: a client can be deaf for good after a cut. Yours is never used, nor closed.
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
 * @throws {SourceError} when the options contradict each other, lack a prefix or hosts, or hold certificates or a key that
 *   cannot be used.
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
  const { password, ...cluster } = clusterOptions(options, name);
  // Held as long as the source: where the last attempt came to, the next one goes on.
  let feed: Feed | undefined;
  return {
    name,
    staleAfterMs: 20_000,
    // An etcd that is back is found within seconds, however long it was away.
    backoff: { minMs: 100, maxMs: 1_500 },
    async watch(sink, signal) {
      const member: Member = { password };
      // Each time anew: with another password, it is another connection.
      const entered = Cluster.enter(cluster, member);
      try {
        const before = feed;
        feed = entered.feed(prefix, { rollbackDelayMs, reloadEveryMs });
        if (before && before !== feed) feed.inherit(before);
        await feed.follow({ sink, rollback }, signal);
      } finally {
        entered.leave(member);
      }
    },
  };
}

function checkPrefix(prefix: string, name: string): string {
  if (typeof prefix !== 'string' || prefix.replaceAll('/', '') === '') {
    throw misconfigured(name, 'needs a prefix, such as "/checkout/flagz"');
  }
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** Checks what says where the cluster is, and who asks. */
function clusterOptions(options: EtcdSourceOptions, name: string): ClusterOptions & Member {
  const { client } = options;
  if (client && (options.hosts ?? options.credentials ?? options.auth))
    throw misconfigured(name, 'takes either client, or hosts, credentials and auth');
  const given = client ? optionsOf(client) : undefined;
  if (client && !given) throw misconfigured(name, 'needs a client made by new Etcd3(…) of the package etcd3');
  const { credentials, auth } = given ?? options;
  const refuse = (reason: string): SourceError => misconfigured(name, reason);
  const hosts = given
    ? checkClientHosts([given.hosts ?? '127.0.0.1:2379'].flat(), refuse)
    : checkHosts(options.hosts, refuse);
  const secure = hosts.filter((host) => host.startsWith('https://')).length;
  if (secure > 0 && secure < hosts.length) throw misconfigured(name, 'takes hosts that are all https://, or none');
  if (!client && credentials && hosts.some((host) => host.startsWith('http://'))) {
    throw misconfigured(name, 'has credentials for TLS, but http:// hosts; write https://');
  }
  checkCredentials(credentials, refuse);
  const { username, password } = auth ?? {};
  if (auth && !username) throw misconfigured(name, 'needs a user in auth.username');
  if (auth && typeof password !== 'string' && typeof password !== 'function')
    throw misconfigured(name, 'needs a password in auth.password: a string, or a function that gives one');
  return {
    hosts,
    client,
    credentials,
    username,
    password: typeof password === 'function' ? password : () => password ?? '',
    ...(given?.grpcOptions && { grpcOptions: given.grpcOptions }),
    ...(given?.defaultCallOptions && { callOptions: given.defaultCallOptions }),
  };
}

function misconfigured(name: string, reason: string): SourceError {
  return new SourceError(`source "${name}": ${reason}`);
}
