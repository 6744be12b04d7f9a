import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlagSet, int } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, rejects } from '@flagz/test-runner';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';

const folder = mkdtempSync(join(tmpdir(), 'flagz-tls-'));
const file = (name: string): string => join(folder, name);
const read = (name: string): Buffer => readFileSync(file(name));
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });

/** Makes an authority. */
function authority(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-days', '2'];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    ...subject,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
  );
}

/** Makes a certificate that an authority vouches for. */
function certificate(name: string, by: string): void {
  writeFileSync(file(`${name}.ext`), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${by}.crt`,
    '-CAkey',
    `${by}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.crt`,
  );
}

authority('ca');
authority('other');
certificate('server', 'ca');
certificate('client', 'ca');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const good = { rootCertificate: read('ca.crt'), privateKey: read('client.key'), certChain: read('client.crt') };

for (const { binary, describe } of eachEtcd()) {
  describe('etcdSource() over TLS', (it) => {
    let server: EtcdServer;
    it.before(async () => {
      const args = [
        '--cert-file',
        file('server.crt'),
        '--key-file',
        file('server.key'),
        '--trusted-ca-file',
        file('ca.crt'),
        '--client-cert-auth',
      ];
      server = await EtcdServer.start(binary, { tls: true, args, client: { credentials: good } });
      await server.put('/app/rate', '20');
    });
    it.after(() => server.close());

    it('follows with an authority and a client certificate', async () => {
      const flags = new FlagSet('s');
      const rate = flags.dynamic('rate', int, 10, '');
      const credentials = { ...good, rootCertificate: good.rootCertificate.toString() };
      const watcher = await flags.watch(etcdSource({ hosts: server.url, prefix: '/app', credentials }));
      await server.put('/app/rate', '30');
      await eventually(() => rate.get() === 30);
      await server.put('/app/rate', '20');
      await eventually(() => rate.get() === 20);
      await watcher.stop();
    });

    it('says at once that the authority is wrong', async () => {
      const flags = new FlagSet('s');
      const credentials = { ...good, rootCertificate: read('other.crt') };
      const error = await rejects(flags.watch(etcdSource({ hosts: server.url, prefix: '/app', credentials })), Error);
      assert.match(
        error.message,
        /^source "etcd": TLS with etcd at https:\/\/127\.0\.0\.1:\d+ failed: .*certificate.*; check credentials/,
      );
      assert.not.match(error.message, /not loaded within/);
    });

    it('says what fails without a client certificate, and without TLS', async () => {
      const flags = new FlagSet('s');
      const credentials = { rootCertificate: good.rootCertificate };
      const refused = await rejects(
        flags.watch(etcdSource({ hosts: server.url, prefix: '/app', credentials })),
        /^source "etcd": TLS with etcd at https:\/\/127\.0\.0\.1:\d+ failed: .*alert (bad certificate|certificate required).*; check credentials/s,
      );
      assert.not.match(refused.message, /routines|\.c:/);
      const plain = server.url.replace('https', 'http');
      const { message } = await rejects(
        flags.watch(etcdSource({ hosts: plain, prefix: '/app' }), { startTimeoutMs: 2_000 }),
        /source "etcd": .*http:\/\/127/,
      );
      assert.is(message.includes('where it speaks TLS, write https://'), message.includes('Failed to connect'));
    });

    it('says what fails where the server speaks no TLS', async () => {
      const plain = createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.0 400 Bad Request\r\n\r\n'));
      await once(plain.listen(0, '127.0.0.1'), 'listening');
      try {
        const hosts = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
        const source = etcdSource({ hosts, prefix: '/app', credentials: good });
        const { message } = await rejects(
          new FlagSet('s').watch(source),
          /TLS with etcd at https:\S+ failed: .*SSL: wrong version number\.?; check credentials/,
        );
        assert.not.match(message, /routines|\.c:/);
      } finally {
        plain.close();
      }
    });
  });
}
