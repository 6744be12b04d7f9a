import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type * as ClientNode from '@kubernetes/client-node';
import { asRecord, asText } from './wire.ts';

/**
 * Gives each user of a kubeconfig its `tokenFile`, which kubectl reads: client-node leaves it out, and asks as nobody.
 *
 * The user has it as one of a service account has it then: it is read for each access, and counts by what it holds. A
 * relative path starts at the folder of the kubeconfig.
 *
 * @param path is that of the kubeconfig; without one, it is the default that client-node has loaded.
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo
 */
export function addTokenFiles(
  config: ClientNode.KubeConfig,
  path: string | undefined,
  client: typeof ClientNode,
): void {
  for (const file of path === undefined ? defaultPaths(client) : [path]) {
    const text = readFileSync(file, 'utf8');
    if (!text.includes('tokenFile')) continue;
    const { users } = asRecord(client.loadYaml(text));
    for (const entry of Array.isArray(users) ? users.map(asRecord) : []) {
      const tokenFile = asText(asRecord(entry['user'])['tokenFile']);
      const user = config.getUser(String(entry['name']));
      if (!tokenFile || !user) continue;
      const { name, config: known } = asRecord(user.authProvider);
      const authProvider = {
        name: name ?? 'tokenFile',
        config: { ...asRecord(known), tokenFile: resolve(dirname(file), tokenFile) },
      };
      Object.assign(user, { authProvider });
    }
  }
}

/** Finds the files of the default kubeconfig, as client-node does. */
function defaultPaths(client: typeof ClientNode): readonly string[] {
  const named = process.env['KUBECONFIG'];
  if (named) return named.split(delimiter).filter(Boolean);
  const home = client.findHomeDir();
  const file = home === null ? undefined : join(home, '.kube', 'config');
  return file !== undefined && existsSync(file) ? [file] : [];
}
