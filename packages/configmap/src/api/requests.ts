import type { IncomingMessage } from 'node:http';
import type { SourceError } from '@flagz/core';
import type { Access } from './access.ts';
import { type ConfigMapList, parseList } from './config-map-list.ts';
import { UnansweredError, readBody, send } from './exchange.ts';
import { refusalOf } from './refusal.ts';
import { type Timing, watchSeconds } from './timing.ts';

/** Says which ConfigMap is asked for, and how patiently. */
export interface RequestTarget {
  readonly namespace: string;
  readonly name: string;
  readonly timing: Timing;
}

/** Is a watch that has begun. */
export interface OpenWatch {
  readonly response: IncomingMessage;
  /** How long the server was asked to let it last, in seconds. */
  readonly seconds: number;
}

/** Says what is being refused, and since when. */
interface Refused {
  readonly verb: 'list' | 'watch';
  readonly since: number;
}

/** How often a request tries to connect while nothing answers at all. */
const CONNECT_TRIES = 5;
/** An API server that has just started refuses everybody until it has read its roles: how long that may take, in milliseconds. */
const REFUSAL_PATIENCE_MS = 1_500;

/** Asks an API server for one ConfigMap. */
export class Requests {
  /** Is the server that was asked last. */
  server = '';
  readonly #target: RequestTarget;
  readonly #report: (error: Error) => void;
  #refused: Refused | undefined;

  constructor(target: RequestTarget, report: (error: Error) => void) {
    this.#target = target;
    this.#report = report;
  }

  /**
   * Lists: a consistent read, for no revision is asked for.
   *
   * @throws {UnknownAskerError} when the credentials have expired, or are unknown.
   */
  async list(access: Access, signal: AbortSignal): Promise<ConfigMapList> {
    return this.#ask('list', access, '', signal, async (response) =>
      parseList(await readBody(response, this.#target.timing)),
    );
  }

  /** Begins to watch from a revision. */
  async watch(access: Access, revision: string | undefined, signal: AbortSignal): Promise<OpenWatch> {
    const seconds = watchSeconds(this.#target.timing);
    const query = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(revision ?? '')}`;
    return this.#ask('watch', access, query, signal, (response) => ({ response, seconds }));
  }

  /** Forgets what was refused, once nobody is there whom it kept waiting. */
  forget(): void {
    this.#refused = undefined;
  }

  /** Sends a GET and reads the answer. Refusals last while nothing comes between them. */
  async #ask<T>(
    verb: Refused['verb'],
    access: Access,
    query: string,
    signal: AbortSignal,
    read: (response: IncomingMessage) => T | Promise<T>,
  ): Promise<T> {
    const response = await this.#send(access, query, signal);
    const before = this.#refused;
    this.#refused = undefined;
    if (response.statusCode !== 200) throw await this.#refusal(response, verb, before, access);
    const answer = await read(response);
    // To list says nothing about the right to watch.
    if (before?.verb !== verb) this.#refused = before;
    return answer;
  }

  /** Sends a GET; while nothing answers at all it tries again at once, for the wait itself was a backoff. */
  async #send(access: Access, query: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { namespace, name, timing } = this.#target;
    this.server = access.server.origin;
    const path = `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3D${name}${query}`;
    for (let tries = 1; ; tries++) {
      try {
        return await send(access, path, timing, signal);
      } catch (error) {
        this.#refused = undefined;
        if (!(error instanceof UnansweredError) || tries === CONNECT_TRIES || signal.aborted) throw error;
        this.#report(error);
      }
    }
  }

  #refusal(
    response: IncomingMessage,
    verb: Refused['verb'],
    before: Refused | undefined,
    { isNobody }: Access,
  ): Promise<SourceError> {
    const now = performance.now();
    const since = before?.verb === verb ? before.since : now;
    if (response.statusCode === 401 || response.statusCode === 403) this.#refused = { verb, since };
    const lasting = now - since > REFUSAL_PATIENCE_MS;
    return refusalOf(response, verb, this.#target, this.#target.timing, { lasting, isNobody });
  }
}
