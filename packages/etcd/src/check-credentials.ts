import { X509Certificate } from 'node:crypto';
import { type SecureContextOptions, createSecureContext } from 'node:tls';
import type { SourceError } from '@flagz/core';
import type { EtcdCredentials } from './endpoint.ts';

const CERTIFICATE = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----.*?-----END [A-Z0-9 ]*CERTIFICATE-----/gs;

/**
 * Checks that certificates and key can be read, and belong together: before there is a connection that they could break.
 *
 * @throws {SourceError} that names the part which is wrong; it shows nothing of it.
 */
export function checkCredentials(
  credentials: EtcdCredentials | undefined,
  refuse: (reason: string) => SourceError,
): void {
  const { rootCertificate, privateKey, certChain } = credentials ?? {};
  if ((privateKey === undefined) !== (certChain === undefined))
    throw refuse('needs credentials.privateKey and credentials.certChain together');
  const attempt = (what: string, run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      throw refuse(`${what}: ${reasonOf(error)}`);
    }
  };
  const use = (options: SecureContextOptions) => (): unknown => createSecureContext(options);
  if (rootCertificate !== undefined)
    attempt('cannot use credentials.rootCertificate, which needs certificates as PEM', () => readAll(rootCertificate));
  if (privateKey === undefined || certChain === undefined) return;
  let [key, cert] = [Buffer.of(), Buffer.of()];
  attempt('cannot use credentials.certChain, which needs certificates as PEM', () => {
    cert = Buffer.from(certChain);
    use({ cert })();
  });
  attempt('cannot use credentials.privateKey, which needs a key as PEM, without a passphrase', () => {
    key = Buffer.from(privateKey);
    use({ key })();
  });
  attempt('credentials.privateKey is not the key of credentials.certChain', use({ key, cert }));
}

/** Reads all certificates: TLS would leave out those that it cannot read, without a word. */
function readAll(pem: string | Uint8Array): X509Certificate[] {
  const certificates = Buffer.from(pem).toString('latin1').match(CERTIFICATE);
  if (!certificates) throw new Error('there is none');
  return certificates.map((certificate) => new X509Certificate(certificate));
}

/** Gives OpenSSL's reason without its numbers. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^error:[0-9A-F]+:/, '');
}
