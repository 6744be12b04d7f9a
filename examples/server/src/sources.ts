import { envSource } from '@flagz/cli-adapters/env';
import { configMapMountSource } from '@flagz/configmap';
import { configMapApiSource } from '@flagz/configmap/api';
import { readCommandLine } from './command-line.ts';
import { configDir, configMap, flags, kubeconfig, sourcesRequired, startTimeout } from './flags.ts';

/**
 * Stacks the sources: environment, command line, directory, Kubernetes API. Those that follow stop with the signal.
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
  return true;
}
