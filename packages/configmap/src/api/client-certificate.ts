import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { SourceError } from '@flagz/core';
import type { KubeConfigLike } from './kube-config.ts';
import { asRecord, asText } from './wire.ts';

/** A certificate and its key may be renewed one after the other. */
const HALF_RENEWED = 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';

/**
 * Checks that a client certificate can be shown: OpenSSL says only what is wrong with it, not whose it is.
 *
 * @param plugin names the exec plugin that gave it, if one did.
 * @param renewed is whether it comes from files, which somebody may be writing just now.
 * @throws {SourceError} with what to do; fatal at the start where no other attempt will mend it.
 */
export function checkClientCertificate(options: RequestOptions, plugin: string | undefined, renewed: boolean): void {
  const { cert, key, pfx, passphrase } = options;
  if (cert === undefined && key === undefined && pfx === undefined) return;
  const shown = Object.entries({ cert, key, pfx, passphrase }).filter(([, value]) => value !== undefined);
  try {
    // No authority: it need not be good, and without the option Node would read those of its own.
    createSecureContext({ ...Object.fromEntries(shown), ca: [] });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const whose = plugin === undefined ? "of the kubeconfig's user" : `that ${plugin} printed`;
    const todo =
      plugin === undefined ? 'check its client-certificate and client-key, or their -data' : 'run it by hand';
    // Any other message may quote what it is about.
    const reason = asText(asRecord(cause)['reason']) ?? 'it is no text';
    throw new SourceError(`the client certificate or key ${whose} cannot be used: ${reason}; ${todo}`, {
      fatalAtStart: plugin === undefined && !renewed && code !== HALF_RENEWED,
    });
  }
}

/** Says which file that a kubeconfig names for TLS cannot be read, for Node does not say which setting names it. */
export function unreadableFileOf(config: KubeConfigLike): string | undefined {
  const [cluster, user] = [asRecord(config.getCurrentCluster()), asRecord(config.getCurrentUser())];
  const files = {
    'certificate-authority': cluster['caFile'],
    'client-certificate': user['certFile'],
    'client-key': user['keyFile'],
  };
  for (const [setting, file] of Object.entries(files)) {
    const path = asText(file);
    if (!path) continue;
    try {
      readFileSync(path);
    } catch (error) {
      const what = `${setting} of the kubeconfig is ${JSON.stringify(path)}, which cannot be read`;
      return `${what} (${(error as NodeJS.ErrnoException).code}); put the file there, or name another one`;
    }
  }
  return undefined;
}
