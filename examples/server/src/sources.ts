import { envSource } from '@flagz/cli-adapters/env';
import { configMapMountSource } from '@flagz/configmap';
import { configMapApiSource } from '@flagz/configmap/api';
import type { Source } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { readCommandLine } from './command-line.ts';
import {
  configDir,
  configMap,
  etcdEndpoints,
  etcdPassword,
  etcdPrefix,
  etcdRollback,
  etcdUsername,
  flags,
  kubeconfig,
  sourcesRequired,
  startTimeout,
} from './flags.ts';

/**
 * Stacks the sources: environment, command line, directory, ConfigMap, etcd. Those that follow stop with the signal.
 *
 * @returns false when the command line asked for help only.
 * @throws {Error} when an option or a variable is refused, or a required source cannot load.
 */
export async function startSources(argv: readonly string[], signal: AbortSignal): Promise<boolean> {
  await flags.watch(envSource({ prefix: 'DEMO_' }), { signal });
  if (!readCommandLine(argv)) return false;
  const options = { signal, required: sourcesRequired.get(), startTimeoutMs: startTimeout.get() };
  if (configDir.get() !== '') await flags.watch(configMapMountSource(configDir.get()), options);
  if (configMap.get() !== '') {
    const [namespace = '', name = ''] = configMap.get().split('/');
    const path = kubeconfig.get();
    await flags.watch(configMapApiSource({ namespace, name, ...(path && { kubeConfig: path }) }), options);
  }
  if (etcdEndpoints.get().length > 0) await flags.watch(makeEtcdSource(), options);
  return true;
}

function makeEtcdSource(): Source {
  const username = etcdUsername.get();
  if (username === '' && etcdPassword.get() !== '')
    throw new Error('--etcd_password is set without --etcd_username: set both, or neither');
  return etcdSource({
    hosts: etcdEndpoints.get(),
    prefix: etcdPrefix.get(),
    rollback: etcdRollback.get(),
    ...(username !== '' && { auth: { username, password: etcdPassword.get() } }),
  });
}
