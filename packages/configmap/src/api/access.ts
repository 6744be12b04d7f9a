import { readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Agent, RequestOptions } from 'node:https';
import { SourceError } from '@flagz/core';
import { type KubeConfigLike, type KubeUser, loadKubeConfig } from './kube-config.ts';
import { makeAgent, proxyFor } from './proxy.ts';

/** Is what a request to the API server needs. */
export interface Access {
  readonly server: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly agent: Agent;
}

/** Says which cluster, as whom. */
export interface AccessTarget {
  readonly kubeConfig: string | KubeConfigLike | undefined;
  readonly context: string | undefined;
}

const TLS_OPTIONS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

/**
 * Gives access to one cluster: one agent, made anew only when TLS options change, and fresh credentials each time.
 *
 * The agent of client-node is not used: 1.x makes a new one each time and leaks its sockets, 2.x keeps one that never
 * learns of a new certificate authority (https://github.com/kubernetes-client/javascript/issues/2893).
 */
export class Gate {
  readonly #target: AccessTarget;
  #config: KubeConfigLike | undefined;
  #agent: Agent | undefined;
  #agentKey: string | undefined;

  constructor(target: AccessTarget) {
    this.#target = target;
  }

  /** Finds the cluster and the credentials. @throws {SourceError} when that is impossible, with what to do. */
  async access(): Promise<Access> {
    const config = (this.#config ??= await this.#load());
    const cluster = config.getCurrentCluster();
    if (!cluster) throw fatal('the kubeconfig has no current context; name one with the option context');
    const server = parseServer(cluster.server);
    const options: RequestOptions = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new SourceError(`no credentials for ${server.origin}: ${(cause as Error).message}`, { cause });
    }
    const { headers = {}, auth } = options;
    const token = tokenFromFile(config.getCurrentUser());
    if (token) Object.assign(headers, { Authorization: `Bearer ${token}` });
    if (auth) Object.assign(headers, { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` });
    return {
      server,
      headers: headers as OutgoingHttpHeaders,
      agent: this.#agentFor(options, server, cluster.proxyUrl),
    };
  }

  /** Forgets what was read, so that the next access reads anew what may have changed on disk. */
  forget(): void {
    if (typeof this.#target.kubeConfig !== 'object') this.#config = undefined;
  }

  /** Ends all connections. */
  disconnect(): void {
    this.#agent?.destroy();
  }

  async #load(): Promise<KubeConfigLike> {
    const { kubeConfig, context } = this.#target;
    return typeof kubeConfig === 'object' ? kubeConfig : loadKubeConfig(kubeConfig, context);
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

/** Gives what the credentials are told apart by, so that who may see less never shares what another one sees. */
export function identityOf({ kubeConfig, context }: AccessTarget): string {
  if (typeof kubeConfig !== 'object') return JSON.stringify([kubeConfig ?? null, context ?? null]);
  return JSON.stringify([kubeConfig.getCurrentCluster(), kubeConfig.getCurrentUser()]);
}

/** The official client keeps a service account's token for a minute, and its newline for ever. */
function tokenFromFile(user: KubeUser | null): string | undefined {
  const provider = user?.authProvider as { config?: { tokenFile?: unknown } } | null | undefined;
  const path = provider?.config?.tokenFile;
  return typeof path === 'string' ? readFileSync(path, 'utf8').trim() : undefined;
}

function parseServer(text: string): URL {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server?.protocol === 'https:') return server;
  // This address is what the official client makes up when it finds nothing.
  const hint =
    text === 'http://localhost:8080'
      ? 'no kubeconfig was found, and this is no pod'
      : 'its server must be an https URL';
  throw fatal(`the cluster ${JSON.stringify(text)} cannot be used: ${hint}; give the option kubeConfig`);
}

function fatal(message: string): SourceError {
  return new SourceError(message, { fatalAtStart: true });
}
