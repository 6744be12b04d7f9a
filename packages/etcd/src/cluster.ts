import { createHash } from 'node:crypto';
import type { Etcd3 } from 'etcd3';
import { Connection, type EtcdAuth, type EtcdCredentials } from './connection.ts';
import { Feed, type FeedOptions } from './feed.ts';

/** Says how to reach a cluster: with the user's client, or with one of ours. */
export type ClusterOptions =
  | { readonly client: Etcd3 }
  | {
      readonly client?: undefined;
      readonly hosts: readonly string[];
      readonly credentials: EtcdCredentials | undefined;
      readonly auth: EtcdAuth | undefined;
    };

/** Is one etcd cluster as one user sees it: all sources that name it alike share its connection and its feeds. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #feeds = new Map<string, WeakRef<Feed>>();
  #connection: Connection | undefined;
  #users = 0;
  /** Counts connections; begins anywhere, so that a fleet spreads over the endpoints. */
  #turn = Math.floor(Math.random() * 1_000_000);

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Gives the connection, and makes one for the first who asks: each new one goes to the next endpoint. */
  acquire(): Connection {
    this.#users++;
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /** Takes a connection back; the last user's closes it. */
  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Finds the feed of a prefix. It lives as long as a source holds it. */
  feed(prefix: string, options: FeedOptions): Feed {
    const key = JSON.stringify([prefix, options.reloadEveryMs, options.rollbackDelayMs]);
    const known = this.#feeds.get(key)?.deref();
    if (known) return known;
    const feed = new Feed(this, prefix, options);
    this.#feeds.set(key, new WeakRef(feed));
    return feed;
  }

  #connect(): Connection {
    const { client } = this.#options;
    if (client) return Connection.of(client);
    const { hosts, credentials, auth } = this.#options;
    const host = hosts[this.#turn++ % hosts.length] as string;
    return Connection.open({ host, credentials, auth });
  }
}

const byClient = new WeakMap<Etcd3, Cluster>();
const byOptions = new Map<string, WeakRef<Cluster>>();
const passwordFunctions = new WeakMap<() => string, string>();
let passwordFunctionCount = 0;

/** Finds the cluster that is named alike, or makes it. */
export function clusterOf(options: ClusterOptions): Cluster {
  if (options.client) {
    const known = byClient.get(options.client) ?? new Cluster(options);
    byClient.set(options.client, known);
    return known;
  }
  const key = fingerprint(options);
  const known = byOptions.get(key)?.deref();
  if (known) return known;
  const cluster = new Cluster(options);
  byOptions.set(key, new WeakRef(cluster));
  return cluster;
}

/** A digest, so that no password is kept where a heap dump would show it by name. */
function fingerprint({ hosts, credentials, auth }: Exclude<ClusterOptions, { readonly client: Etcd3 }>): string {
  const { rootCertificate, privateKey, certChain } = credentials ?? {};
  const hash = createHash('sha256');
  const parts = [
    JSON.stringify([...hosts].sort()),
    ...[rootCertificate, privateKey, certChain].map((part) =>
      part === undefined ? '' : Buffer.from(part).toString('base64'),
    ),
    auth ? JSON.stringify([auth.username, passwordKey(auth.password)]) : '',
  ];
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('base64');
}

/** Two functions that give the same password today may not tomorrow. */
function passwordKey(password: EtcdAuth['password']): readonly string[] {
  if (typeof password === 'string') return ['text', password];
  const known = passwordFunctions.get(password) ?? String(passwordFunctionCount++);
  passwordFunctions.set(password, known);
  return ['function', known];
}
