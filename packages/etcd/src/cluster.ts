import { createHash } from 'node:crypto';
import { SourceError } from '@flagz/core';
import type { Etcd3 } from 'etcd3';
import { Connection } from './connection.ts';
import type { Transport } from './endpoint.ts';
import { Feed, type FeedOptions } from './feed.ts';

/** Says how to reach a cluster, and as whom. */
export interface ClusterOptions extends Transport {
  readonly hosts: readonly string[];
  readonly username: string | undefined;
  /** The client whose options these are: those of another client are another cluster's. */
  readonly client: Etcd3 | undefined;
}

/** Is one source at work on a cluster. */
export interface Member {
  /** Gives the password, where there is a user; asked when the source starts to work, and at each login. */
  readonly password: () => string;
}

/**
 * Is one etcd cluster as one user sees it: all sources that name it alike, and whose passwords are equal, share its
 * connection and its feeds.
 */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #feeds = new Map<string, WeakRef<Feed>>();
  readonly #members = new Set<Member>();
  /** The password of the connection. A digest, so that none is kept where a heap dump would show it by name. */
  #password: string;
  #connection: Connection | undefined;
  /** Counts who uses each connection: one, unless the last was deaf. */
  readonly #users = new Map<Connection, number>();
  /** Counts connections; begins anywhere, so that a fleet spreads over the endpoints. */
  #turn = Math.floor(Math.random() * 1_000_000);

  private constructor(options: ClusterOptions, password: string) {
    this.#options = options;
    this.#password = password;
  }

  /**
   * Finds the cluster of all who name it alike and have the same password now, or makes it.
   *
   * @throws {SourceError} when the password cannot be had.
   */
  static enter(options: ClusterOptions, member: Member): Cluster {
    const password = options.username === undefined ? '' : digest(askPassword(member));
    const key = fingerprint(options);
    const known = (byKey.get(key) ?? []).filter((ref) => ref.deref());
    byKey.set(key, known);
    let cluster = known.flatMap((ref) => ref.deref() ?? []).find((one) => one.#password === password);
    if (!cluster) {
      cluster = new Cluster(options, password);
      known.push(new WeakRef(cluster));
    }
    cluster.#members.add(member);
    return cluster;
  }

  /** Takes a member's leave: its password counts no more. */
  leave(member: Member): void {
    this.#members.delete(member);
  }

  /**
   * Gives the connection, and makes one for the first who asks: each new one goes to the next endpoint.
   *
   * @throws {SourceError} when none can be made; then there is none to release.
   */
  acquire(): Connection {
    this.#connection ??= this.#connect();
    this.#users.set(this.#connection, (this.#users.get(this.#connection) ?? 0) + 1);
    return this.#connection;
  }

  /**
   * Takes a connection back; the last user's closes it.
   *
   * @param isDeaf whether nobody else is to get it, also while others think that it lives.
   */
  release(connection: Connection, isDeaf: boolean): void {
    const left = (this.#users.get(connection) ?? 1) - 1;
    if ((isDeaf || left === 0) && this.#connection === connection) this.#connection = undefined;
    this.#users.set(connection, left);
    if (left > 0) return;
    this.#users.delete(connection);
    connection.close();
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
    const { hosts, client: _, ...options } = this.#options;
    const host = hosts[this.#turn++ % hosts.length] as string;
    try {
      return new Connection({ ...options, host, password: () => this.#askAll() });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SourceError(`etcd at ${host}: no connection can be made: ${reason}`, {
        cause: error,
        fatalAtStart: true,
      });
    }
  }

  /** Gives the password of all members: two that were equal before may differ now. */
  #askAll(): string {
    const passwords = new Set(Array.from(this.#members, askPassword));
    const [password] = passwords;
    if (password === undefined) throw new SourceError('stopped');
    // All fail, and enter anew, each with its own.
    if (passwords.size > 1) throw new SourceError('the passwords of sources that shared a connection differ now');
    this.#password = digest(password);
    return password;
  }
}

const byKey = new Map<string, WeakRef<Cluster>[]>();
const clientNumbers = new WeakMap<Etcd3, number>();
let clientCount = 0;

function askPassword({ password }: Member): string {
  let given: unknown;
  try {
    given = password();
  } catch (error) {
    throw new SourceError(`auth.password failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (typeof given === 'string') return given;
  throw new SourceError('auth.password must give a string');
}

function digest(password: string): string {
  return createHash('sha256').update(password).digest('base64');
}

/** Names a cluster and a user; a digest, since a private key is in it. */
function fingerprint({ hosts, credentials, username, client }: ClusterOptions): string {
  const { rootCertificate, privateKey, certChain } = credentials ?? {};
  const pem = [rootCertificate, privateKey, certChain].map((part) => part && Buffer.from(part).toString('base64'));
  return digest(
    JSON.stringify([[...hosts].sort(), credentials !== undefined, pem, username, client && numberOf(client)]),
  );
}

function numberOf(client: Etcd3): number {
  const known = clientNumbers.get(client) ?? clientCount++;
  clientNumbers.set(client, known);
  return known;
}
