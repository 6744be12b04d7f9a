import { existsSync, writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { FlagSet, type Watcher } from '@flagz/core';
import type { ConfigMapApiOptions } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import type { TempDir } from '../temp-dir.ts';
import type { Shop } from './shop.ts';

/** No watch ends in its time. */
export const UNBROKEN = { silenceTimeoutMs: 3_600_000 };
/** Is what the server says to a {@link stranger}. */
export const MAY_NOT: RegExp = /system:serviceaccount:\S+:stranger may not list ConfigMap "flags"/;

/** Gives the address of the proxy before the API server. */
export function serverOf(shop: Shop): string {
  return `https://127.0.0.1:${shop.proxy.port}`;
}

/** Makes a KubeConfig of a user who says of himself what is given. */
export function configOf(shop: Shop, user: object, config: KubeConfig = new KubeConfig()): KubeConfig {
  const written = new KubeConfig();
  written.loadFromFile(shop.kubeConfig);
  const cluster = written.getCurrentCluster();
  if (!cluster) throw new Error('the kubeconfig of the shop names no cluster');
  config.loadFromClusterAndUser(cluster, Object.assign(user, { name: 'somebody' }));
  return config;
}

/** Makes a service account that has no Role, and gives its token. */
export async function stranger(shop: Shop): Promise<string> {
  await shop.namespace.createServiceAccount('stranger');
  return shop.namespace.token('stranger');
}

/** Starts to watch the same ConfigMap for another flag set. */
export function another(shop: Shop, options: Partial<ConfigMapApiOptions>): Promise<Watcher> {
  const flags = new FlagSet('another');
  shop.others.push(flags);
  return flags.watch(shop.source(options), { backoff: { maxMs: 500 } });
}

/** Is an exec plugin that gives a token only when it is told to. */
export interface WaitingPlugin {
  readonly exec: object;
  /** Resolves when it runs. */
  started(): Promise<void>;
  goOn(): void;
}

/** Writes an exec plugin that gives token `one`. */
export function waitingPlugin(temp: TempDir): WaitingPlugin {
  const [runs, go, printed] = [temp.join('runs'), temp.join('go'), temp.join('credential.json')];
  const apiVersion = 'client.authentication.k8s.io/v1';
  writeFileSync(printed, JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 'one' } }));
  const script = 'touch "$0"; until [ -e "$1" ]; do sleep 0.05; done; cat "$2"';
  return {
    exec: { apiVersion, command: 'sh', args: ['-c', script, runs, go, printed] },
    started: async () => void (await eventually(() => existsSync(runs), { withinMs: 20_000 })),
    goOn: () => writeFileSync(go, ''),
  };
}
