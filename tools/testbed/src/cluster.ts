import { removeWithUs } from '@flagz/test-runner/end-with-us';
import { freePorts } from '@flagz/test-runner/free-port';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient, type ApiClientOptions } from './api-client.ts';
import { findBinary, installHint } from './binaries.mjs';
import { CertificateAuthority, type Certified } from './certificates.ts';
import { EtcdServer } from './etcd-server.ts';
import { givenKubeconfig, readAddress } from './given-cluster.ts';
import { type KubeconfigOptions, kubeconfigText } from './kubeconfig.ts';
import { ServerProcess } from './server-process.ts';

/** The API server takes a token for so long after its time, in seconds. */
const LEEWAY_S = 60;
const ISSUER = 'https://kubernetes.default.svc';

/** Configures a cluster of the tests' own. */
export interface ClusterOptions {
  /** Whether each write waits for the disk, as in any real cluster. @default false */
  readonly durable?: boolean;
}

/** Says what tests do to a cluster. */
export interface ClusterNeeds {
  /** Whether they stop servers or sign tokens, which only a cluster of the tests' own allows. @default false */
  readonly own?: boolean;
}

/**
 * Tells why tests that need a {@link Cluster} are to be skipped here, if they are.
 *
 * @throws {Error} in CI, where a part is missing: there nothing is skipped for that.
 */
export function whyNoCluster({ own = false }: ClusterNeeds = {}): string | undefined {
  if (givenKubeconfig()) {
    return own
      ? "needs an API server of the tests' own: unset FLAGZ_TEST_KUBECONFIG, which names a cluster of yours"
      : undefined;
  }
  const missing = missingForCluster();
  if (missing && process.env['CI']) throw new Error(missing);
  return missing;
}

function missingForCluster(): string | undefined {
  const missing = (['etcd', 'kube-apiserver'] as const).filter((name) => !findBinary(name));
  return missing.length === 0 ? undefined : `needs ${missing.join(' and ')}: ${installHint('kube-apiserver')}`;
}

/** Is what only a cluster has that the tests have started. */
interface OwnParts {
  readonly authority: CertificateAuthority;
  readonly etcd: EtcdServer;
  readonly server: ServerProcess;
  readonly tokenKey: string;
}

/**
 * Is an API server for one test file: an own one with an etcd and a certificate authority of its own, or the user's, where
 * `FLAGZ_TEST_KUBECONFIG` names one.
 */
export class Cluster {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** Talks to the server as its administrator. */
  readonly api: ApiClient;
  readonly #address: ApiClientOptions;
  readonly #isRemoved: () => void;
  #own: OwnParts | undefined;
  #lends = true;

  private constructor(address: ApiClientOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'flagz-cluster-'));
    this.#isRemoved = removeWithUs(this.folder);
    this.host = address.host;
    this.port = address.port;
    this.#address = address;
    this.api = new ApiClient(address);
  }

  /** Starts everything, or connects to the user's cluster. @throws {Error} when a part is missing or does not start. */
  static async start({ durable = false }: ClusterOptions = {}): Promise<Cluster> {
    const given = givenKubeconfig();
    if (given) return Cluster.given(given);
    const missing = missingForCluster();
    if (missing) throw new Error(missing);
    const [port = 0] = await freePorts(1);
    const authority = new CertificateAuthority('flagz testbed');
    const { certificate: cert, key } = authority.issue({ commonName: 'admin', organization: 'system:masters' });
    const cluster = new Cluster({ host: '127.0.0.1', port, ca: authority.certificate, cert, key });
    try {
      await cluster.#startOwn(authority, durable);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Connects to the cluster of a kubeconfig. @throws {Error} when tests cannot use it, with what it needs. */
  static async given(kubeconfig: string): Promise<Cluster> {
    return new Cluster(await readAddress(kubeconfig));
  }

  /** Says whether the parts of an own cluster may be used from now on: a test that has not asked for one may get a given one. */
  lendOwnParts({ own = false }: ClusterNeeds): void {
    this.#lends = own;
  }

  /** @throws {Error} when the cluster is the user's, as `server`, `authority` and what is signed with it do. */
  get etcd(): EtcdServer {
    return this.#ownParts.etcd;
  }

  get server(): ServerProcess {
    return this.#ownParts.server;
  }

  get authority(): CertificateAuthority {
    return this.#ownParts.authority;
  }

  /** Makes a certificate of a client, whose name is a user and whose organization is a group. */
  clientCertificate(user: string, group?: string): Certified {
    return this.authority.issue({ commonName: user, ...(group && { organization: group }) });
  }

  /**
   * Writes a kubeconfig to the cluster's folder and gives its path; the server is this one unless told otherwise.
   *
   * A server that is told is a way to this one: where this one lies behind a path, that path is added.
   */
  writeKubeconfig(name: string, options: Partial<KubeconfigOptions>): string {
    const path = join(this.folder, `${name}.kubeconfig`);
    const { ca, servername: tlsServerName, rejectUnauthorized, path: prefix = '' } = this.#address;
    const host = isIP(this.host) === 6 ? `[${this.host}]` : this.host;
    const { server = `https://${host}:${this.port}`, ...others } = options;
    // Who names an authority wants the certificate checked.
    const trust = rejectUnauthorized === false && !options.ca ? { insecure: true } : { ca };
    const settings = { ...trust, ...(tlsServerName && { tlsServerName }), ...others, server: server + prefix };
    writeFileSync(path, kubeconfigText(settings));
    return path;
  }

  /** Writes a kubeconfig of the administrator and gives its path. */
  adminKubeconfig(options: Partial<KubeconfigOptions> = {}): string {
    const { cert, key, token } = this.#address;
    const client = cert && key ? { certificate: cert, key } : undefined;
    return this.writeKubeconfig('admin', { ...(client && { client }), ...(token && { token }), ...options });
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
    return `${signed}.${createSign('sha256').update(signed).sign(this.#ownParts.tokenKey, 'base64url')}`;
  }

  /** Ends everything that was started and removes its folder. */
  async close(): Promise<void> {
    this.api.close();
    await this.#own?.server.kill();
    await this.#own?.etcd.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
    this.#isRemoved();
  }

  get #ownParts(): OwnParts {
    if (!this.#own)
      throw new Error("the cluster of FLAGZ_TEST_KUBECONFIG is not the tests' own: nothing of it may be stopped");
    if (!this.#lends) throw new Error("what only a cluster of the tests' own has is not lent: ask for one, with `own`");
    return this.#own;
  }

  async #startOwn(authority: CertificateAuthority, durable: boolean): Promise<void> {
    const etcd = await EtcdServer.start(this.folder, durable);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const tokenKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const server = new ServerProcess({
      path: findBinary('kube-apiserver') ?? 'kube-apiserver',
      args: this.#serverArguments(authority, etcd.url, tokenKey),
      ready: () => this.api.send('GET', '/readyz'),
      withinMs: 60_000,
    });
    this.#own = { authority, etcd, server, tokenKey };
    await server.start();
  }

  #serverArguments(authority: CertificateAuthority, etcdUrl: string, tokenKey: string): string[] {
    const file = (name: string, text: string): string => {
      const path = join(this.folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const { certificate, key } = authority.issue({ commonName: 'api', hosts: ['127.0.0.1', 'localhost', 'kube.test'] });
    const tokenFile = file('token.key', tokenKey);
    return [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.port}`,
      `--cert-dir=${this.folder}`,
      `--tls-cert-file=${file('server.crt', certificate)}`,
      `--tls-private-key-file=${file('server.key', key)}`,
      `--client-ca-file=${file('ca.crt', authority.certificate)}`,
      `--service-account-key-file=${tokenFile}`,
      `--service-account-signing-key-file=${tokenFile}`,
      `--service-account-issuer=${ISSUER}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--endpoint-reconciler-type=none',
    ];
  }
}
