import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { FlagSet, type Watcher, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { CertificateAuthority, type Certified } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
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
        const status = { clientCertificateData: certificate, clientKeyData: key };
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
