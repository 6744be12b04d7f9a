import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tokenFileOf } from './credentials.ts';
import { type KubeConfigLike, type KubeConfigSpec, pluginOf } from './kube-config.ts';
import { asRecord, asText } from './wire.ts';

/** Is what tells two askers apart: who may see less never shares what another one sees. */
export interface Identity {
  /** Is the same while the configuration says the same. */
  readonly configured: string;
  /** Is the same while the files that it names hold the same. */
  readonly files: string;
}

/** Remembers what was read from a file: client-node writes renewed tokens into it, which stay the user's. */
const read = new WeakMap<KubeConfigLike, string>();
const numbers = new WeakMap<KubeConfigLike, number>();
let lastNumber = 0;

/** Tells which cluster and which credentials a configuration stands for at this moment. */
export function identityOf(config: KubeConfigLike, spec: KubeConfigSpec): Identity {
  const [cluster, user] = [asRecord(config.getCurrentCluster()), asRecord(config.getCurrentUser())];
  const paths = [cluster['caFile'], user['certFile'], user['keyFile'], tokenFileOf(config.getCurrentUser())];
  return { configured: configuredOf(config, spec), files: digest(paths.map(asText).map(contentOf)) };
}

/**
 * Tells what a configuration says, files aside.
 *
 * A KubeConfig object is like itself only: what one answers, remembers, or was taught is known to nobody else.
 */
export function configuredOf(config: KubeConfigLike, { kubeConfig }: KubeConfigSpec): string {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (typeof kubeConfig !== 'object') {
    const said = read.get(config) ?? digest([cluster, user]);
    read.set(config, said);
    return said;
  }
  // client-node keeps what a provider hands out in the provider.
  const { authProvider: _, ...rest } = asRecord(user);
  return digest([cluster, rest, numberOf(config)]);
}

/**
 * Tells who a configuration asks as, whatever credentials it has got meanwhile.
 *
 * A token is left out, for a KubeConfig may make one when it is asked; so is what client-node keeps in a provider.
 */
export function whoAsks(config: KubeConfigLike): string {
  const user = config.getCurrentUser();
  const { token: _, authProvider, ...rest } = asRecord(user);
  const provider = asRecord(authProvider)['name'];
  return digest([
    asRecord(config)['currentContext'],
    config.getCurrentCluster(),
    rest,
    provider ?? null,
    pluginOf(user) ?? null,
  ]);
}

/** Secrets are compared, not kept. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function contentOf(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    // Whoever needs the file says what is wrong with it.
    return String((error as NodeJS.ErrnoException).code);
  }
}

function numberOf(config: KubeConfigLike): number {
  const known = numbers.get(config) ?? ++lastNumber;
  numbers.set(config, known);
  return known;
}
