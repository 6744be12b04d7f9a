import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tokenFileOf } from './credentials.ts';
import type { KubeConfigLike } from './kube-config.ts';
import { asRecord, asText } from './wire.ts';

/** Is what tells two askers apart: who may see less never shares what another one sees. */
export interface Identity {
  /** Is the same while the configuration says the same. */
  readonly configured: string;
  /** Is the same while the files that it names hold the same. */
  readonly files: string;
}

const numbers = new WeakMap<KubeConfigLike, number>();
let lastNumber = 0;

/** Tells which cluster and which credentials a configuration stands for at this moment, by their values. */
export function identityOf(config: KubeConfigLike): Identity {
  const [cluster, user] = [asRecord(config.getCurrentCluster()), asRecord(config.getCurrentUser())];
  const { authProvider, ...rest } = user;
  const tokenFile = tokenFileOf(config.getCurrentUser());
  const paths = [cluster['caFile'], user['certFile'], user['keyFile'], tokenFile].map(asText);
  // What any other provider hands out is known to its own configuration alone.
  const provider = authProvider ? (tokenFile ?? numberOf(config)) : null;
  return { configured: digest([cluster, rest, provider]), files: digest(paths.map(contentOf)) };
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
