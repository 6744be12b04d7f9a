import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlagSet, SourceError } from '@flagz/core';
import { type EtcdCredentials, etcdSource } from '@flagz/etcd';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';

/** Makes a certificate that vouches for itself, and its key. */
function certificate(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'flagz-pem-'));
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const files = ['-keyout', 'key', '-out', 'cert', '-subj', '/CN=test', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...files], { cwd: folder, stdio: 'pipe' });
    const [cert, key] = ['cert', 'key'].map((name) => readFileSync(join(folder, name), 'utf8'));
    return { cert: cert as string, key: key as string };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [ours, others] = [certificate(), certificate()];
const good = { rootCertificate: others.cert, certChain: ours.cert, privateKey: ours.key };
const make = (credentials: EtcdCredentials, port = 1): ReturnType<typeof etcdSource> =>
  etcdSource({ hosts: `https://127.0.0.1:${port}`, prefix: '/app', credentials });

describe('etcdSource() credentials', (it) => {
  const right: Record<string, EtcdCredentials> = {
    none: {},
    'all as text': good,
    'all as bytes': Object.fromEntries(
      Object.entries(good).map(([name, pem]) => [name, new TextEncoder().encode(pem)]),
    ),
    'several authorities with remarks': { rootCertificate: `# ours\n${ours.cert}\nothers:\r\n${others.cert}` },
    'no authority': { certChain: ours.cert, privateKey: ours.key },
    'a chain': { ...good, certChain: ours.cert + others.cert },
  };
  for (const [what, credentials] of Object.entries(right)) it(`takes ${what}`, () => void make(credentials));

  const broken = others.cert.replace(/\n.{8}/, '\n????????');
  const authority = 'cannot use credentials.rootCertificate, which needs certificates as PEM: ';
  const chain = 'cannot use credentials.certChain, which needs certificates as PEM: ';
  const key = 'cannot use credentials.privateKey, which needs a key as PEM, without a passphrase: ';
  const together = 'needs credentials.privateKey and credentials.certChain together';
  const wrong: Record<string, readonly [credentials: object, reason: string]> = {
    'an authority of garbage': [{ rootCertificate: 'garbage' }, `${authority}there is none`],
    'an empty authority': [{ rootCertificate: '' }, `${authority}there is none`],
    'an authority that is a key': [{ rootCertificate: ours.key }, `${authority}there is none`],
    'an authority that is a number': [{ rootCertificate: 3 }, authority],
    'an authority after which one is broken': [{ rootCertificate: ours.cert + broken }, `${authority}PEM routines::`],
    'a certificate of garbage': [{ ...good, certChain: 'x' }, `${chain}PEM routines::no start line`],
    'an empty certificate': [{ ...good, certChain: '' }, `${chain}PEM routines::no start line`],
    'a key of garbage': [{ ...good, privateKey: 'x' }, key],
    'an empty key': [{ ...good, privateKey: Buffer.of() }, key],
    'a null for a key': [{ ...good, privateKey: null }, key],
    'a key of another certificate': [
      { ...good, privateKey: others.key },
      'credentials.privateKey is not the key of credentials.certChain: ',
    ],
    'a key without a certificate': [{ privateKey: ours.key }, together],
    'a certificate without a key': [{ certChain: ours.cert }, together],
  };
  for (const [what, [credentials, reason]] of Object.entries(wrong))
    it(`refuses ${what}`, () => {
      const error = throws(() => make(credentials), SourceError);
      assert.is(error.message.slice(0, 15 + reason.length), `source "etcd": ${reason}`);
      assert.not.match(error.message, 'x509Certificate');
    });

  const said = /^source "etcd": etcd at https:\/\/127\.0\.0\.1:\d+: no connection can be made: .*key values mismatch/;

  it('fails a start at once where they became wrong later', async () => {
    const credentials = { ...good };
    const source = make(credentials);
    credentials.privateKey = others.key;
    const { message } = await rejects(new FlagSet('s').watch(source), Error);
    assert.match(message, said);
    assert.not.match(message, 'not loaded within');
  });

  it('connects once they are right again, and leaves no connection behind', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket)).resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const credentials = { ...good };
    const source = make(credentials, port);
    credentials.privateKey = others.key;
    const watcher = await new FlagSet('s').watch(source, { required: false });
    await eventually(() => watcher.status.restarts > 0);
    assert.match(watcher.status.lastError?.message ?? '', said);
    credentials.privateKey = ours.key;
    await eventually(() => sockets.size > 0);
    await watcher.stop();
    await eventually(() => sockets.size === 0);
    server.close();
  });
});
