import { type KeyObject, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

/** Is a certificate with its key, both as PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** Says what a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Becomes the groups of a client. */
  readonly organization?: string;
  /** Becomes a server's certificate: DNS names and IPv4 addresses. */
  readonly hosts?: readonly string[];
}

const DAY_MS = 86_400_000;

/** Signs certificates for one test: ECDSA P-256, valid from yesterday to tomorrow. */
export class CertificateAuthority {
  /** Is the authority's own certificate, as PEM. */
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #name: Buffer;

  constructor(commonName: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#name = distinguishedName({ commonName });
    const basicConstraints = extension('551d13', sequence(Buffer.from('0101ff', 'hex')));
    this.certificate = this.#sign(this.#name, publicKey, [basicConstraints]);
  }

  /** Issues a certificate for a server, or for a client where there are no hosts. */
  issue(request: CertificateRequest): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { hosts } = request;
    const usage = extension('551d25', sequence(oid(hosts ? '2b06010505070301' : '2b06010505070302')));
    const names = hosts ? [extension('551d11', sequence(...hosts.map(generalName)))] : [];
    return {
      certificate: this.#sign(distinguishedName(request), publicKey, [usage, ...names]),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }

  /** Writes and signs a certificate of version 3, see RFC 5280, section 4.1. */
  #sign(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
    const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
    const toBeSigned = sequence(
      tagged(0xa0, tagged(0x02, Buffer.from([2]))),
      tagged(0x02, serial),
      ecdsaWithSha256,
      this.#name,
      sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = createSign('sha256').update(toBeSigned).sign(this.#key);
    return pem('CERTIFICATE', sequence(toBeSigned, ecdsaWithSha256, bitString(signature)));
  }
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function bitString(bits: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), bits);
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), tagged(0x04, value));
}

function distinguishedName({ commonName, organization }: CertificateRequest): Buffer {
  const attribute = (id: string, text: string): Buffer =>
    tagged(0x31, sequence(oid(id), tagged(0x0c, Buffer.from(text))));
  return sequence(...(organization ? [attribute('55040a', organization)] : []), attribute('550403', commonName));
}

function generalName(host: string): Buffer {
  const isAddress = /^[\d.]+$/.test(host);
  return isAddress ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host));
}

function utcTime(time: number): Buffer {
  return tagged(0x17, Buffer.from(`${new Date(time).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
