import { mkdirSync, writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { FlagSet, type Watcher, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { type TempDir, tempDir } from '../temp-dir.ts';
import { MAY_NOT, UNBROKEN, another, stranger } from './askers.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { Double } from './double.ts';
import { Shop } from './shop.ts';

const PATIENT = { withinMs: 20_000 };

/** Writes a kubeconfig as people do, in YAML, into a folder of its own. */
function kubeConfigFor(folder: string, kubeConfig: string, user: string): string {
  const config = new KubeConfig();
  config.loadFromFile(kubeConfig);
  const { server, caData } = config.getCurrentCluster() ?? {};
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/config`;
  const yaml = `
apiVersion: v1
kind: Config
current-context: test
clusters:
  - name: test
    cluster: { server: "${server}", certificate-authority-data: ${caData} }
users:
  - name: test
    user: ${user}
contexts:
  - { name: test, context: { cluster: test, user: test } }
`;
  writeFileSync(path, yaml);
  return path;
}

/** Runs a test with a double that knows one token, and a flag set that is stopped afterwards. */
function onDouble(
  test: (
    temp: TempDir,
    double: Double,
    start: (options: { readonly kubeConfig?: string }, startTimeoutMs?: number) => Promise<Watcher>,
  ) => Promise<void>,
): () => Promise<void> {
  return async () => {
    using temp = tempDir();
    const double = await Double.start();
    const flags = new FlagSet('shop');
    flags.dynamic('rate', int, 10, 'A rate.');
    try {
      Object.assign(double, { token: 'one', data: { rate: '20' } });
      await test(temp, double, (options, startTimeoutMs = 10_000) =>
        flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', ...options }), { startTimeoutMs }),
      );
    } finally {
      for (const watcher of flags.watchers) await watcher.stop();
      await double.close();
    }
  };
}

/** Runs with other variables in the environment, and without a pod's. */
async function withEnvironment(env: Readonly<Record<string, string>>, run: () => Promise<unknown>): Promise<void> {
  const names = ['KUBECONFIG', 'HOME', 'KUBERNETES_SERVICE_HOST'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, env);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

describe('configMapApiSource: the tokenFile of a kubeconfig', (it) => {
  it(
    'is read from the folder of the kubeconfig where its path is relative',
    onDouble(async (temp, double, start) => {
      const kubeConfig = kubeConfigFor(temp.join('kube'), double.kubeConfig(), '{ tokenFile: secrets/token }');
      mkdirSync(temp.join('kube', 'secrets'));
      writeFileSync(temp.join('kube', 'secrets', 'token'), 'one\n');
      assert.is((await start({ kubeConfig })).state, 'live');
    }),
  );

  it(
    'is read in the kubeconfig of the home folder, too',
    onDouble(async (temp, double, start) => {
      kubeConfigFor(temp.join('.kube'), double.kubeConfig(), '{ tokenFile: token }');
      writeFileSync(temp.join('.kube', 'token'), 'one');
      await withEnvironment({ HOME: temp.path }, () => start({}));
    }),
  );

  it(
    'is read in each of the kubeconfigs of KUBECONFIG, too',
    onDouble(async (temp, double, start) => {
      const second = kubeConfigFor(temp.join('second'), double.kubeConfig(), '{ tokenFile: token }');
      writeFileSync(temp.join('second', 'token'), 'one');
      const first = temp.join('first');
      writeFileSync(first, '{ "users": [{ "name": "other", "user": { "tokenFile": "/nowhere" } }] }');
      await withEnvironment({ KUBECONFIG: `${first}::${second}` }, () => start({}));
    }),
  );

  it(
    'is read anew when it was refused, and named while it is missing',
    onDouble(async (temp, double, start) => {
      const kubeConfig = kubeConfigFor(temp.path, double.kubeConfig(), '{ tokenFile: token }');
      await rejects(start({ kubeConfig }, 2_000), /the token file "\/\S+\/token" cannot be read \(ENOENT\)/);
      writeFileSync(temp.join('token'), 'one');
      const flags = new FlagSet('again');
      await using watcher = await flags.watch(
        configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig, silenceTimeoutMs: 2_000 }),
        { backoff: { maxMs: 200 } },
      );
      double.token = 'two';
      await eventually(() => /\(401\)/.test(watcher.status.lastError?.message ?? ''), PATIENT);
      writeFileSync(temp.join('token'), 'two\n');
      await eventually(() => watcher.state === 'live', PATIENT);
    }),
  );

  it(
    'comes before a token, as with kubectl',
    onDouble(async (temp, double, start) => {
      const kubeConfig = kubeConfigFor(temp.path, double.kubeConfig(), '{ tokenFile: token, token: other }');
      writeFileSync(temp.join('token'), 'one');
      assert.is((await start({ kubeConfig })).state, 'live');
    }),
  );
});

describeOnCluster('configMapApiSource: the tokenFile of a kubeconfig of a real API server', (it) => {
  it(
    'says who asks now: a second source gets nothing of what the first one may see',
    Shop.test(async (shop) => {
      using temp = tempDir();
      await shop.put({ rate: '20' });
      const kubeConfig = kubeConfigFor(temp.path, shop.kubeConfig, '{ tokenFile: token }');
      writeFileSync(temp.join('token'), await shop.namespace.token('shop'));
      await shop.watch({ ...UNBROKEN, kubeConfig });
      assert.is(shop.rate.get(), 20);
      writeFileSync(temp.join('token'), await stranger(shop));
      await rejects(another(shop, { ...UNBROKEN, kubeConfig }), MAY_NOT);
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30);
    }),
  );
});
