import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { FlagSet, type SourceError, type Watcher, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { CertificateAuthority, type Certified } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { credentialsOf } from '../../src/api/credentials.ts';
import { type TempDir, tempDir } from '../temp-dir.ts';
import { type ConnectProxy, connectProxy } from './connect-proxy.ts';
import { Double, openWatch } from './double.ts';

const PATIENT = { withinMs: 20_000 };

/** Is a client certificate that is renewed: where it comes from, and how it is written. */
interface Origin {
  readonly user: object;
  readonly write: (certified: Certified) => void;
}

const ORIGINS: Readonly<Record<string, (temp: TempDir) => Origin>> = {
  'the files of a kubeconfig': (temp) => ({
    user: { 'client-certificate': temp.join('client.crt'), 'client-key': temp.join('client.key') },
    write({ certificate, key }) {
      writeFileSync(temp.join('client.crt'), certificate);
      writeFileSync(temp.join('client.key'), key);
    },
  }),
  'an exec plugin': (temp) => {
    const apiVersion = 'client.authentication.k8s.io/v1';
    const printed = temp.join('credential.json');
    return {
      user: { exec: { apiVersion, command: 'cat', args: [printed], interactiveMode: 'Never' } },
      write({ certificate, key }) {
        // An expired credential is asked for at each connect.
        const expirationTimestamp = '2001-01-01T00:00:00Z';
        const status = { clientCertificateData: certificate, clientKeyData: key, expirationTimestamp };
        writeFileSync(printed, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
      },
    };
  },
};

const authority = new CertificateAuthority('any');
const [one, two] = [authority.issue({ commonName: 'one' }), authority.issue({ commonName: 'two' })];
const BAD: Readonly<Record<string, readonly [certified: Certified, reason: RegExp]>> = {
  'does not fit its key': [{ ...one, key: two.key }, /key values mismatch/],
  'is none': [{ certificate: 'x', key: 'y' }, /no start line/],
};

describe('configMapApiSource: a client certificate', (it) => {
  for (const [from, originIn] of Object.entries(ORIGINS)) {
    for (const [how, [bad, reason]] of Object.entries(BAD)) {
      for (const way of ['directly', 'behind a proxy']) {
        it(`of ${from} that ${how} for a while is an error of the attempts, ${way}`, async () => {
          using temp = tempDir();
          const origin = originIn(temp);
          origin.write(one);
          await onDouble(origin.user, way === 'behind a proxy', async ({ watcher, cut }) => {
            origin.write(bad);
            cut();
            await eventually(() => reason.test(watcher.status.lastError?.message ?? ''), PATIENT);
            origin.write(two);
            await eventually(() => watcher.state === 'live', PATIENT);
          });
        });
      }
    }
  }
});

describe('configMapApiSource: what it says of files and certificates for TLS', (it) => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const data = ({ certificate, key }: Certified): object => ({
    'client-certificate-data': base64(certificate),
    'client-key-data': base64(key),
  });
  const printing = (status: object): object => ({ exec: { command: 'echo', args: [JSON.stringify({ status })] } });
  const ofUser = "the client certificate or key of the kubeconfig's user cannot be used";
  const ofPlugin = 'the client certificate or key that the exec plugin "echo" printed cannot be used';
  const todo = 'check its client-certificate and client-key, or their -data';
  const cannotBeRead = 'which cannot be read (ENOENT); put the file there, or name another one';
  const cases: Readonly<Record<string, readonly [user: object, cluster: object, message: string]>> = {
    'a certificate that is none': [data({ certificate: 'x', key: one.key }), {}, `${ofUser}: no start line; ${todo}`],
    'a key that is none': [data({ ...one, key: 'y' }), {}, `${ofUser}: unsupported; ${todo}`],
    'the key of another one': [data({ ...one, key: two.key }), {}, `${ofUser}: key values mismatch; ${todo}`],
    'what a plugin printed': [
      printing({ clientCertificateData: 'x', clientKeyData: 'y' }),
      {},
      `${ofPlugin}: no start line; run it by hand`,
    ],
    'what a plugin printed that is no text': [
      printing({ clientCertificateData: 5, clientKeyData: 'y' }),
      {},
      `${ofPlugin}: it is no text; run it by hand`,
    ],
    'an authority that is not there': [
      { token: 'x' },
      { 'certificate-authority': '/nowhere/ca' },
      `certificate-authority of the kubeconfig is "/nowhere/ca", ${cannotBeRead}`,
    ],
    'a certificate that is not there': [
      { 'client-certificate': '/nowhere/cert', 'client-key': '/nowhere/key' },
      {},
      `client-certificate of the kubeconfig is "/nowhere/cert", ${cannotBeRead}`,
    ],
    'a key that is not there': [
      { 'client-certificate-data': base64(one.certificate), 'client-key': '/nowhere/key' },
      {},
      `client-key of the kubeconfig is "/nowhere/key", ${cannotBeRead}`,
    ],
    'a key that is a folder': [
      { 'client-certificate-data': base64(one.certificate), 'client-key': '/' },
      {},
      'client-key of the kubeconfig is "/", which cannot be read (EISDIR); put the file there, or name another one',
    ],
  };
  for (const [what, [user, cluster, message]] of Object.entries(cases)) {
    it(`names whose it is: ${what}`, async () => {
      assert.is((await refusedFor(user, cluster)).message, message);
    });
  }

  it('fails a start at once for a certificate that is none, and waits for one that may be half renewed', async () => {
    using temp = tempDir();
    const files = ['client.crt', 'client.key'].map((name) => temp.join(name)) as [string, string];
    for (const file of files) writeFileSync(file, '');
    const users = [
      data({ certificate: 'x', key: 'y' }),
      { 'client-certificate': files[0], 'client-key': files[1] },
      data({ ...one, key: two.key }),
      printing({ clientCertificateData: 'x', clientKeyData: 'y' }),
    ];
    const errors = await Promise.all(users.map((user) => refusedFor(user, {})));
    assert.equal(
      errors.map(({ fatalAtStart }) => fatalAtStart),
      [true, false, false, false],
    );
  });
});

interface Stage {
  readonly watcher: Watcher;
  /** Breaks the connection. */
  readonly cut: () => void;
}

/** Runs a test on a watcher of a double that has begun. */
async function onDouble(user: object, isProxied: boolean, test: (stage: Stage) => Promise<void>): Promise<void> {
  const double = await Double.start();
  const proxy = isProxied ? await connectProxy(double.port) : undefined;
  const flags = new FlagSet('shop');
  try {
    double.data = { rate: '20' };
    const rate = flags.dynamic('rate', int, 10, 'A rate.');
    let open: ServerResponse | undefined;
    double.nextWatches.push((response) => openWatch((open = response)));
    const kubeConfig = kubeConfigOf(double, user, proxy);
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
    const watcher = await flags.watch(source, { backoff: { maxMs: 200 } });
    assert.is(rate.get(), 20);
    await test({ watcher, cut: () => open?.destroy() });
  } finally {
    for (const watcher of flags.watchers) await watcher.stop();
    await proxy?.close();
    await double.close();
  }
}

function kubeConfigOf(double: Double, user: object, proxy: ConnectProxy | undefined): string {
  const path = double.kubeConfig(proxy && { proxyUrl: `http://${proxy.host}` });
  const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly users: { user: object }[] };
  for (const entry of config.users) entry.user = user;
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** Gives the error of what a kubeconfig says about its user and its cluster. */
async function refusedFor(user: object, cluster: object): Promise<SourceError> {
  const [name, server] = ['test', 'https://127.0.0.1:1'];
  const text = JSON.stringify({
    'current-context': name,
    clusters: [{ name, cluster: { server, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(text);
  return (await rejects(credentialsOf(config, new AbortController().signal), /./)) as SourceError;
}
