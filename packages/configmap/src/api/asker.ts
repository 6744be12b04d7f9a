import { type Identity, configuredOf, digest } from './identity.ts';
import type { KubeConfigLike, KubeConfigSpec } from './kube-config.ts';
import type { RequestTarget } from './requests.ts';

/** Says which ConfigMap, where, as whom, and how patiently. */
export interface WatchTarget extends KubeConfigSpec, RequestTarget {}

/** Is one who asks for a ConfigMap, and can be asked again who he is. */
export class Asker {
  readonly #target: WatchTarget;
  /** Is what the configuration said when he came. */
  readonly #configured: string;

  constructor(target: WatchTarget, config: KubeConfigLike) {
    this.#target = target;
    this.#configured = configuredOf(config, target);
  }

  /** Tells whether he is who an identity stands for, which the configuration of a target has come to. */
  is(identity: Identity, target: WatchTarget): boolean {
    const { kubeConfig, context } = this.#target;
    // Whoever shares with an object has the very same.
    if (typeof kubeConfig === 'object') return true;
    // Who reads one file gets its next version together; but it may have another current context then.
    return context === target.context || this.#configured === identity.configured;
  }
}

/** Gives what is the same for those who may share a watch. */
export function keyOf({ kubeConfig, namespace, name, timing }: WatchTarget, identity: Identity): string {
  const path = typeof kubeConfig === 'object' ? null : [kubeConfig ?? null];
  return digest([path, identity, namespace, name, timing]);
}
