import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { types } from 'node:util';
import type { RequestOptions } from 'node:https';
import { SourceError } from '@flagz/core';
import type * as ClientNode from '@kubernetes/client-node';
import { inTime } from './in-time.ts';
import { addTokenFiles } from './token-file.ts';
import { asRecord, kindOf } from './wire.ts';
import { withoutText } from './yaml-mistake.ts';

/** Is the part of a cluster's description that is looked at here. */
export interface KubeCluster {
  /** Is the URL of the API server. */
  readonly server: string;
  /** Is the `proxy-url` of the kubeconfig. */
  readonly proxyUrl?: string | undefined;
}

/** Is the part of a user's description that is looked at here. */
export interface KubeUser {
  /** Names the user in the kubeconfig. */
  readonly name: string;
  /** May name the file of a token. */
  readonly authProvider?: unknown;
}

/** Is what the source needs of a `KubeConfig` of `@kubernetes/client-node`, 1.x or 2.x. */
export interface KubeConfigLike {
  /** Gives the cluster of the current context. */
  getCurrentCluster(): KubeCluster | null;
  /** Gives the user of the current context. */
  getCurrentUser(): KubeUser | null;
  /** Sets TLS options and the headers that say who asks. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/** Says which configuration is meant, and which of its contexts. */
export interface KubeConfigSpec {
  readonly kubeConfig: string | KubeConfigLike | undefined;
  readonly context: string | undefined;
}

const PACKAGE = '@kubernetes/client-node';
const IMPORT_TIMEOUT_MS = 30_000;
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** Is what client-node makes up when it finds nothing. */
const NO_SERVER = 'http://localhost:8080';

/** Is known once client-node has been imported. */
let KubeConfig: typeof ClientNode.KubeConfig | undefined;

/**
 * Loads the configuration of a cluster: imports client-node only now, for it takes a second and 70 MB.
 *
 * @param spec names a kubeconfig; without one, it is the pod's service account or the default kubeconfig.
 * @throws {SourceError} fatal at the start, with what to do; when the signal aborts, with what was waited for.
 */
export async function loadKubeConfig(spec: KubeConfigSpec, signal: AbortSignal): Promise<KubeConfigLike> {
  if (typeof spec.kubeConfig === 'object') return spec.kubeConfig;
  const { kubeConfig: path, context } = spec;
  const client = await imported(signal);
  const config = new client.KubeConfig();
  try {
    // In a pod the official client would prefer a kubeconfig that happens to lie in the home folder.
    if (path === undefined && process.env['KUBERNETES_SERVICE_HOST'] && existsSync(SERVICE_ACCOUNT_TOKEN))
      config.loadFromCluster();
    else {
      if (path === undefined) config.loadFromDefault();
      // Relative paths in it begin there, and are to be spelled alike however this one is.
      else config.loadFromFile(resolve(path));
      addTokenFiles(config, path, client);
    }
  } catch (cause) {
    const what = path === undefined ? 'the default kubeconfig' : `the kubeconfig ${JSON.stringify(path)}`;
    const reason = withoutText(cause as Error);
    throw fatal(`cannot read ${what}: ${reason.message}`, reason);
  }
  if (context !== undefined) {
    if (!config.getContextObject(context)) {
      const known = config.getContexts().map(({ name }) => JSON.stringify(name));
      throw fatal(`the kubeconfig has no context ${JSON.stringify(context)}; it has ${known.join(', ') || 'none'}`);
    }
    config.setCurrentContext(context);
  }
  return config;
}

/**
 * Makes a KubeConfig that says the same and has no credentials of an exec plugin yet: client-node keeps them until they
 * expire, though they may be revoked before.
 *
 * Authenticators of the user's own are no loss there: client-node asks its own first, and they take a user with a plugin.
 *
 * @returns the same where it has no plugin, or ways of its own, of which nobody knows what else they do.
 */
export async function withoutCredentials(config: KubeConfigLike, signal: AbortSignal): Promise<KubeConfigLike> {
  if (!pluginOf(config.getCurrentUser())) return config;
  const client = await imported(signal).catch(() => undefined);
  // Only now: another context may have become the current one meanwhile.
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!client || !cluster || !user || !isAsMade(config)) return config;
  const copy = new client.KubeConfig();
  copy.loadFromClusterAndUser(cluster as ClientNode.Cluster, user);
  return copy;
}

/**
 * Tells whether a configuration is a KubeConfig as client-node makes them, with no method, property or way to
 * authenticate that was put there by somebody else, but for authenticators that were added to it.
 *
 * One of another client-node than the one that is found from here is none.
 */
export function isAsMade(config: KubeConfigLike): boolean {
  if (!KubeConfig || types.isProxy(config) || Object.getPrototypeOf(config) !== KubeConfig.prototype) return false;
  const made = new KubeConfig();
  const members = new Set([...Reflect.ownKeys(made), 'currentContext']);
  if (!Reflect.ownKeys(config).every((key) => members.has(key))) return false;
  const [ways = [], known = []] = [config, made].map(authenticatorsOf);
  const isKnown = (way: object, index: number): boolean =>
    Object.getPrototypeOf(way) === Object.getPrototypeOf(known[index]) &&
    Object.entries(way).every(([key, own]) => typeof own !== 'function' || own === asRecord(known[index])[key]);
  return ways.length === known.length && ways.every(isKnown);
}

function authenticatorsOf(config: KubeConfigLike): readonly object[] {
  const found = asRecord(config)['authenticators'];
  return Array.isArray(found) ? found.map(asRecord) : [];
}

/** Finds a user's exec plugin, in either of the places that client-node knows. */
export function pluginOf(user: KubeUser | null): unknown {
  const { exec, authProvider } = asRecord(user);
  return exec ?? asRecord(asRecord(authProvider)['config'])['exec'];
}

/** Checks what can be checked without client-node. @throws {TypeError} with what is expected. */
export function checkSpec({ kubeConfig, context }: KubeConfigSpec): void {
  if (kubeConfig !== undefined && !isPath(kubeConfig) && !isKubeConfig(kubeConfig)) {
    const got = kubeConfig === '' ? 'an empty text' : kindOf(kubeConfig);
    throw new TypeError(
      `configMapApiSource: kubeConfig: expected the path of a kubeconfig, or a KubeConfig of ${PACKAGE}, got ${got}`,
    );
  }
  if (context === undefined) return;
  if (typeof context !== 'string')
    throw new TypeError(`configMapApiSource: context: expected the name of a context, got ${kindOf(context)}`);
  if (typeof kubeConfig === 'object')
    throw new TypeError('configMapApiSource: context: a KubeConfig has its own; call its setCurrentContext() instead');
}

/** Options may come from where no compiler looks. */
function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isKubeConfig(value: unknown): boolean {
  const { getCurrentCluster, getCurrentUser, applyToHTTPSOptions } = asRecord(value);
  return [getCurrentCluster, getCurrentUser, applyToHTTPSOptions].every((member) => typeof member === 'function');
}

/** Reads the address of an API server. @throws {SourceError} fatal at the start, with what to do. */
export function parseServer(text: string): URL {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server?.protocol === 'https:') return server;
  const isMadeUp = text === NO_SERVER;
  if (isMadeUp && process.env['KUBERNETES_SERVICE_HOST']) {
    const todo = 'set automountServiceAccountToken of the pod to true, or give the option kubeConfig';
    throw fatal(`this pod has no token of a service account, ${SERVICE_ACCOUNT_TOKEN} is missing: ${todo}`);
  }
  const hint = isMadeUp ? 'no kubeconfig was found, and this is no pod' : 'its server must be an https URL';
  // A user and a password may stand before the host.
  const shown = JSON.stringify(text.replace(/^(\w+:\/\/)?.*@/s, '$1'));
  throw fatal(`the cluster ${shown} cannot be used: ${hint}; give the option kubeConfig`);
}

/** The import itself cannot be stopped. */
async function imported(signal: AbortSignal): Promise<typeof ClientNode> {
  try {
    const client = await inTime(importClientNode(), IMPORT_TIMEOUT_MS, `importing ${PACKAGE}`, signal);
    KubeConfig = client.KubeConfig;
    return client;
  } catch (error) {
    throw signal.aborted ? new SourceError(`it was still importing ${PACKAGE}`) : error;
  }
}

async function importClientNode(): Promise<typeof ClientNode> {
  try {
    return await import('@kubernetes/client-node');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(PACKAGE);
    throw fatal(
      isMissing
        ? `the package ${PACKAGE} is missing; install it: npm install ${versionForThisNode()}`
        : `the package ${PACKAGE} does not load on Node ${process.versions.node}: ${message}; try npm install ${versionForThisNode()}`,
      cause,
    );
  }
}

/** 2.x needs Node 22.19. */
function versionForThisNode(): string {
  const [major = 0] = process.versions.node.split('.').map(Number);
  return `${PACKAGE}@${major >= 23 ? 2 : 1}`;
}

/** Makes an error of what no other attempt will mend. */
export function fatal(message: string, cause?: unknown): SourceError {
  return new SourceError(message, { fatalAtStart: true, ...(cause === undefined ? {} : { cause }) });
}
