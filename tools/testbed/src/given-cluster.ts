import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, type PeerCertificate, checkServerIdentity, connect } from 'node:tls';
import type { ApiClientOptions } from './api-client.ts';

/** The tests reach a server through a proxy there. */
const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 10_000;

/** Gives the kubeconfig of the user's own cluster, which the tests are to use in the place of one that they start. */
export function givenKubeconfig(): string | undefined {
  const path = process.env['FLAGZ_TEST_KUBECONFIG'];
  return path === '' ? undefined : path;
}

/**
 * Reads where the user's cluster is and who its administrator is.
 *
 * @throws {Error} when tests cannot use what the kubeconfig describes, with what it needs.
 */
export async function readAddress(path: string): Promise<ApiClientOptions> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(path);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw refused(path, 'has no current context', 'a current-context whose cluster and user it holds');
  if (cluster.proxyUrl) throw refused(path, 'has a proxy-url', 'a server that is reached without a proxy');
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (url?.protocol !== 'https:') throw refused(path, `names the server "${cluster.server}"`, 'one whose URL is https');
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  if (options.auth)
    throw refused(path, 'has a user with a password', 'a token, a client certificate or an exec plugin');
  const [, token] = /^Bearer (.*)$/.exec(String((options.headers as OutgoingHttpHeaders)['Authorization'] ?? '')) ?? [];
  const address = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 443),
    path: url.pathname.replace(/\/$/, ''),
    ca: pem(options.ca),
    ...(options.cert && { cert: pem(options.cert), key: pem(options.key as RequestOptions['ca']) }),
    ...(token && { token }),
    ...(options.rejectUnauthorized === false && { rejectUnauthorized: false }),
  };
  const servername = options.servername ?? (await nameOf(path, address));
  return { ...address, ...(servername && { servername }) };
}

/** Tells under which name the certificate of a server is good wherever the server is reached from; none where any will do. */
async function nameOf(path: string, address: ApiClientOptions): Promise<string | undefined> {
  const { host, rejectUnauthorized } = address;
  if (!isIP(host)) return host;
  if (rejectUnauthorized === false) return undefined;
  const certificate = await certificateOf(path, address);
  const names = (certificate.subjectaltname ?? '').split(', ').flatMap((name) => /^DNS:([^*]+)$/.exec(name)?.[1] ?? []);
  // Where it has the loopback's address, there is nothing to be said.
  const [good] = [LOOPBACK, ...names].filter((name) => !checkServerIdentity(name, certificate));
  if (good) return good === LOOPBACK ? undefined : good;
  const what = `names the server ${host}, whose certificate has no DNS name`;
  throw refused(path, what, `a certificate with one, or one for ${LOOPBACK}: the tests go through a proxy there`);
}

/** The certificate is looked at here, and checked by each connection that the tests make. */
async function certificateOf(path: string, { host, port, ca, cert, key }: ApiClientOptions): Promise<PeerCertificate> {
  const options: ConnectionOptions = { host, port, ca, ...(cert && key && { cert, key }) };
  const socket = connect({ ...options, checkServerIdentity: () => undefined, timeout: CONNECT_TIMEOUT_MS });
  try {
    return await new Promise((resolve, reject) => {
      socket.once('secureConnect', () => resolve(socket.getPeerCertificate()));
      socket.once('timeout', () => reject(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)));
      socket.once('error', reject);
    });
  } catch (cause) {
    const what = `names the server https://${host}:${port}, to which no connection can be made: ${(cause as Error).message}`;
    throw refused(path, what, 'a server that runs, and the certificate-authority that signed its certificate', cause);
  } finally {
    socket.destroy();
  }
}

function pem(part: RequestOptions['ca']): string {
  return part === undefined ? '' : String(part);
}

function refused(path: string, what: string, needs: string, cause?: unknown): Error {
  const message = `FLAGZ_TEST_KUBECONFIG: "${path}" ${what}; for the tests it needs ${needs}`;
  return new Error(message, cause === undefined ? {} : { cause });
}
