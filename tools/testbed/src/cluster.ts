import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import { INSTALL_HINT, findBinary } from './binaries.mjs';
import { CertificateAuthority, type Certified } from './certificates.ts';
import { EtcdServer } from './etcd-server.ts';
import { type KubeconfigOptions, kubeconfigText } from './kubeconfig.ts';
import { ServerProcess, freePorts } from './server-process.ts';

/** The API server takes a token for so long after its time, in seconds. */
const LEEWAY_S = 60;
const ISSUER = 'https://kubernetes.default.svc';

/** Tells why there can be no {@link Cluster} here, if there cannot. */
export function missingForCluster(): string | undefined {
  const missing = (['etcd', 'kube-apiserver'] as const).filter((name) => !findBinary(name));
  return missing.length === 0 ? undefined : `needs ${missing.join(' and ')}: ${INSTALL_HINT}`;
}

/** Is an etcd and an API server of one test file, with a certificate authority of their own. */
export class Cluster {
  readonly folder: string;
  readonly port: number;
  readonly authority: CertificateAuthority;
  readonly etcd: EtcdServer;
  readonly server: ServerProcess;
  /** Talks to the server as its administrator. */
  readonly api: ApiClient;
  readonly #tokenKey: string;

  private constructor(
    folder: string,
    port: number,
    authority: CertificateAuthority,
    etcd: EtcdServer,
    tokenKey: string,
  ) {
    this.folder = folder;
    this.port = port;
    this.authority = authority;
    this.etcd = etcd;
    this.#tokenKey = tokenKey;
    const { certificate: cert, key } = this.clientCertificate('admin', 'system:masters');
    this.api = new ApiClient({ host: '127.0.0.1', port, ca: authority.certificate, cert, key });
    this.server = new ServerProcess({
      path: findBinary('kube-apiserver') ?? 'kube-apiserver',
      args: this.#serverArguments(),
      ready: () => this.api.send('GET', '/readyz'),
      withinMs: 60_000,
    });
  }

  /** Starts everything. @throws {Error} when a part is missing or does not start. */
  static async start(): Promise<Cluster> {
    const missing = missingForCluster();
    if (missing) throw new Error(missing);
    const folder = mkdtempSync(join(tmpdir(), 'flagz-cluster-'));
    const [port = 0] = await freePorts(1);
    const etcd = await EtcdServer.start(folder);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const tokenKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const cluster = new Cluster(folder, port, new CertificateAuthority('flagz testbed'), etcd, tokenKey);
    try {
      await cluster.server.start();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Makes a certificate of a client, whose name is a user and whose organization is a group. */
  clientCertificate(user: string, group?: string): Certified {
    return this.authority.issue({ commonName: user, ...(group && { organization: group }) });
  }

  /** Writes a kubeconfig to the cluster's folder and gives its path; the server is this one unless told otherwise. */
  writeKubeconfig(name: string, options: Partial<KubeconfigOptions>): string {
    const path = join(this.folder, `${name}.kubeconfig`);
    const { certificate: ca } = this.authority;
    writeFileSync(path, kubeconfigText({ server: `https://127.0.0.1:${this.port}`, ca, ...options }));
    return path;
  }

  /** Writes a kubeconfig of the administrator and gives its path. */
  adminKubeconfig(options: Partial<KubeconfigOptions> = {}): string {
    return this.writeKubeconfig('admin', { client: this.clientCertificate('admin', 'system:masters'), ...options });
  }

  /**
   * Signs a token of a service account, with any time to live; the API server itself grants ten minutes at least.
   *
   * The server remembers for 10 s that a token was good.
   */
  signToken(namespace: string, serviceAccount: string, uid: string, expiresInMs: number): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      aud: [ISSUER],
      sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
      iat: now,
      nbf: now,
      exp: now + Math.ceil(expiresInMs / 1000) - LEEWAY_S,
      'kubernetes.io': { namespace, serviceaccount: { name: serviceAccount, uid } },
    };
    const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${signed}.${createSign('sha256').update(signed).sign(this.#tokenKey, 'base64url')}`;
  }

  /** Ends everything and removes its folder. */
  async close(): Promise<void> {
    this.api.close();
    await this.server.kill();
    await this.etcd.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #serverArguments(): string[] {
    const file = (name: string, text: string): string => {
      const path = join(this.folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const { certificate, key } = this.authority.issue({
      commonName: 'api',
      hosts: ['127.0.0.1', 'localhost', 'kube.test'],
    });
    const tokenKey = file('token.key', this.#tokenKey);
    return [
      `--etcd-servers=${this.etcd.url}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.port}`,
      `--cert-dir=${this.folder}`,
      `--tls-cert-file=${file('server.crt', certificate)}`,
      `--tls-private-key-file=${file('server.key', key)}`,
      `--client-ca-file=${file('ca.crt', this.authority.certificate)}`,
      `--service-account-key-file=${tokenKey}`,
      `--service-account-signing-key-file=${tokenKey}`,
      `--service-account-issuer=${ISSUER}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--endpoint-reconciler-type=none',
    ];
  }
}
