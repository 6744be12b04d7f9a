import { resolve } from 'node:path';
import type { Source, SourceSink } from '@flagz/core';
import { Asker } from './asker.ts';
import { type KubeConfigLike, checkSpec, loadKubeConfig } from './kube-config.ts';
import { BACKOFF } from './pause.ts';
import { SharedWatch } from './shared-watch.ts';
import { checkTiming, type Timing } from './timing.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Configures a {@link configMapApiSource}. */
export interface ConfigMapApiOptions {
  /** Names the ConfigMap's namespace. */
  readonly namespace: string;
  /** Names the ConfigMap. */
  readonly name: string;
  /**
   * Says where the cluster is and who asks: the path of a kubeconfig, or a `KubeConfig` of `@kubernetes/client-node`.
   *
   * @default in a pod its service account, elsewhere `KUBECONFIG` or `~/.kube/config`
   */
  readonly kubeConfig?: string | KubeConfigLike;
  /** Names the context of a kubeconfig that is given by path, or of the default one. @default its current one */
  readonly context?: string;
  /** Names the layer. @default `configmap <namespace>/<name>` */
  readonly sourceName?: string;
  /** How long a connection may take to stand, TLS included, before it is tried again, in milliseconds. @default 3_000 */
  readonly connectTimeoutMs?: number;
  /** How long the answer to a request may take, in milliseconds. @default 10_000 */
  readonly requestTimeoutMs?: number;
  /**
   * How long the API server may be silent before the connection counts as dead, in milliseconds, 2_000 at least.
   *
   * The server is asked to end each watch in about two thirds of that, so that a healthy one is never silent for so long:
   * smaller values notice a dead connection earlier and cost a list each time.
   *
   * @default 30_000
   */
  readonly silenceTimeoutMs?: number;
}

/**
 * Follows one ConfigMap through the API server of Kubernetes: a change arrives within milliseconds.
 *
 * Lists at each connect and watches from there, so that nothing is missed, whatever happened in between. A ConfigMap that is
 * not there is an empty layer. Sources that ask for the same, with the same times, share one watch: those that name one
 * kubeconfig, or have the very same `KubeConfig` while it says the same. A start fails at once, with what to do, when
 * `@kubernetes/client-node` is missing, the cluster cannot be trusted, or rights are missing.
 *
 * @throws {TypeError} when the name or the namespace is no name of Kubernetes, `kubeConfig` is neither a path nor a
 * `KubeConfig`, or `context` is given with a `KubeConfig`, which has its own.
 * @throws {RangeError} when a time-out is out of its range.
 * @example
 * await using watcher = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'checkout-flags' }));
 */
export function configMapApiSource(options: ConfigMapApiOptions): Source {
  const { namespace, name, context, sourceName } = options;
  checkName('namespace', namespace, LABEL, 63);
  checkName('name', name, SUBDOMAIN, 253);
  checkSpec({ kubeConfig: options.kubeConfig, context });
  // Now: the process may change its folder.
  const kubeConfig = typeof options.kubeConfig === 'string' ? resolve(options.kubeConfig) : options.kubeConfig;
  const timing: Timing = checkTiming(options);
  const target = { namespace, name, kubeConfig, context, timing };
  let last: SharedWatch | undefined;
  return {
    name: sourceName ?? `configmap ${namespace}/${name}`,
    staleAfterMs: timing.silenceTimeoutMs,
    backoff: BACKOFF,
    async watch(sink: SourceSink, signal: AbortSignal): Promise<void> {
      try {
        // Anew for each attempt: what was wrong may have been mended on disk.
        const config = await loadKubeConfig(target, signal);
        last = SharedWatch.of(target, config, last);
        return await last.follow(sink, signal, new Asker(target, config));
      } finally {
        // It may have been stopped before it followed.
        if (signal.aborted) last?.forgetIfAlone();
      }
    },
  };
}

function checkName(option: string, value: string, grammar: RegExp, longest: number): void {
  if (typeof value === 'string' && value.length <= longest && grammar.test(value)) return;
  throw new TypeError(`configMapApiSource: ${option}: expected a name of Kubernetes, got ${JSON.stringify(value)}`);
}
