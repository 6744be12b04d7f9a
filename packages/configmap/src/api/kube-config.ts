import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { SourceError } from '@flagz/core';
import type * as ClientNode from '@kubernetes/client-node';

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

const PACKAGE = '@kubernetes/client-node';
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Loads the configuration of a cluster: imports client-node only now, for it takes a second and 70 MB.
 *
 * @param path of a kubeconfig; without one, the pod's service account or the default kubeconfig.
 * @throws {SourceError} fatal at the start, with what to do.
 */
export async function loadKubeConfig(path: string | undefined, context: string | undefined): Promise<KubeConfigLike> {
  const { KubeConfig } = await importClientNode();
  const config = new KubeConfig();
  try {
    if (path !== undefined) config.loadFromFile(path);
    // In a pod the official client would prefer a kubeconfig that happens to lie in the home folder.
    else if (process.env['KUBERNETES_SERVICE_HOST'] && existsSync(SERVICE_ACCOUNT_TOKEN)) config.loadFromCluster();
    else config.loadFromDefault();
  } catch (cause) {
    const what = path === undefined ? 'the default kubeconfig' : `the kubeconfig ${JSON.stringify(path)}`;
    throw fatal(`cannot read ${what}: ${(cause as Error).message}`, cause);
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

function fatal(message: string, cause?: unknown): SourceError {
  return new SourceError(message, { fatalAtStart: true, ...(cause === undefined ? {} : { cause }) });
}
