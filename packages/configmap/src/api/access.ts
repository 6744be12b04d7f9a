import type { OutgoingHttpHeaders } from 'node:http';
import type { Agent, RequestOptions } from 'node:https';
import { SourceError } from '@flagz/core';
import { credentialsOf, isNobody, whatThinks } from './credentials.ts';
import { type Identity, configuredOf, digest, identityOf, whoAsks } from './identity.ts';
import {
  type KubeConfigLike,
  type KubeConfigSpec,
  fatal,
  isAsMade,
  loadKubeConfig,
  parseServer,
  pluginOf,
  withoutCredentials,
} from './kube-config.ts';
import { makeAgent, proxyFor } from './proxy.ts';

/** Is what a request to the API server needs. */
export interface Access {
  readonly server: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly agent: Agent;
  /** Tells whose access it is. */
  readonly identity: Identity;
  /** Tells whether no credentials are sent. */
  readonly isNobody: boolean;
}

/**
 * How long what an exec plugin has printed for a kubeconfig is used after failures that do not speak against it, in
 * milliseconds: it may take a second of the processor's time, and while a server is away attempts are not much further apart.
 */
const REMEMBERED_MS = 60_000;
const TLS_OPTIONS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

/**
 * Gives access to one cluster: one agent, made anew only when TLS options change, and fresh credentials each time.
 *
 * The agent of client-node is not used: 1.x makes a new one each time and leaks its sockets, 2.x keeps one that never
 * learns of a new certificate authority (https://github.com/kubernetes-client/javascript/issues/2893).
 */
export class Gate {
  readonly #spec: KubeConfigSpec;
  readonly #rememberedMs: number;
  #config: KubeConfigLike | undefined;
  #readAt = performance.now();
  /** Stands in for the configuration while that says the same, once the credentials that it remembers were no good. */
  #standIn: KubeConfigLike | undefined;
  /** Is what the configuration said then. */
  #said: string | undefined;
  #isRefused = false;
  #waitsFor = whatThinks(null);
  #agent: Agent | undefined;
  #agentKey: string | undefined;

  constructor(spec: KubeConfigSpec, config: KubeConfigLike, rememberedMs: number = REMEMBERED_MS) {
    this.#spec = spec;
    this.#rememberedMs = rememberedMs;
    this.#config = config;
  }

  /**
   * Finds the cluster and the credentials.
   *
   * @throws {SourceError} when that is impossible, with what to do; the signal's reason when it aborts.
   */
  async access(signal: AbortSignal): Promise<Access> {
    const config = this.#config ?? this.#take(await loadKubeConfig(this.#spec, signal));
    const asking = whoAsks(config);
    this.#waitsFor = whatThinks(config.getCurrentUser());
    if (this.#isRefused) {
      this.#standIn = await withoutCredentials(config, signal);
      this.#said = this.#saidBy(config);
    } else if (this.#standIn && this.#saidBy(config) !== this.#said) this.#standIn = undefined;
    this.#isRefused = false;
    const cluster = config.getCurrentCluster();
    if (!cluster) throw fatal('the kubeconfig has no current context; name one with the option context');
    const server = parseServer(cluster.server);
    const { files } = identityOf(config, this.#spec);
    const options = await this.#credentials(this.#standIn ?? config, signal);
    // While a plugin runs, anybody may make another context the current one: what was got is not that one's.
    if (whoAsks(config) !== asking) {
      this.#standIn = undefined;
      throw new SourceError(
        'the KubeConfig has come to say something else while credentials were got; they are got anew',
      );
    }
    // Afterwards: a KubeConfig may make a token when it is asked.
    const identity = identityOf(config, this.#spec);
    if (identity.files !== files) throw new SourceError('the files of the credentials have been changed meanwhile');
    const agent = this.#agentFor(options, server, cluster.proxyUrl);
    return { server, headers: options.headers as OutgoingHttpHeaders, agent, identity, isNobody: isNobody(options) };
  }

  /** Says what is waited for while access is got. It is asked where nobody catches what a KubeConfig may throw. */
  get waitsFor(): string {
    return this.#waitsFor;
  }

  /** Takes a configuration that was read anew, and says the same, unless what the one here remembers may still be good. */
  renew(config: KubeConfigLike): void {
    if (!this.#config || performance.now() - this.#readAt > this.#rememberedMs) this.#take(config);
  }

  /** Says that the credentials were no good: the next access reads the configuration anew, or asks it for others. */
  refuse(): void {
    if (typeof this.#spec.kubeConfig === 'object') this.#isRefused = true;
    else this.#config = undefined;
  }

  /** Ends all connections. */
  disconnect(): void {
    this.#agent?.destroy();
  }

  #take(config: KubeConfigLike): KubeConfigLike {
    this.#config = config;
    this.#readAt = performance.now();
    return config;
  }

  /** Asks for credentials; after a failure the next access asks anew, for client-node remembers also what is none. */
  async #credentials(config: KubeConfigLike, signal: AbortSignal): Promise<RequestOptions> {
    try {
      return await credentialsOf(config, signal);
    } catch (error) {
      if (!signal.aborted) this.refuse();
      throw error;
    }
  }

  /** Tells what a stand-in was made of. */
  #saidBy(config: KubeConfigLike): string {
    return digest([configuredOf(config, this.#spec), pluginOf(config.getCurrentUser()), isAsMade(config)]);
  }

  #agentFor(options: RequestOptions, server: URL, proxyUrl: string | undefined): Agent {
    const tls = Object.fromEntries(
      TLS_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
    );
    const proxy = proxyFor(server, proxyUrl, process.env);
    const key = JSON.stringify([tls, proxy?.href]);
    if (this.#agent && key === this.#agentKey) return this.#agent;
    this.#agent?.destroy();
    this.#agentKey = key;
    this.#agent = makeAgent(tls, proxy);
    return this.#agent;
  }
}
