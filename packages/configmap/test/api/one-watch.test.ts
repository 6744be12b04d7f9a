// timeout: 180 s
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { MAY_NOT, UNBROKEN, another, configOf, stranger } from './askers.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { type Answer, Double, openWatch } from './double.ts';
import { RequestLog } from './request-log.ts';
import { Shop } from './shop.ts';

/** Each watch ends within two seconds. */
const SHORT = { silenceTimeoutMs: 3_000 };
const PATIENT = { withinMs: 30_000 };

describeOnCluster('configMapApiSource: one watch', (it) => {
  it(
    'is what flag sets share that name one kubeconfig, whatever provider its user has',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      using log = new RequestLog();
      const token = await shop.namespace.token('shop');
      const plugin = pluginThatPrints({ token });
      for (const provider of [
        { name: 'oidc', config: { 'id-token': token } },
        { name: 'x', config: { exec: plugin } },
      ]) {
        rewrite(shop.kubeConfig, ({ users: [user] }) =>
          Object.assign(user ?? {}, { user: { 'auth-provider': provider } }),
        );
        const before = log.lists.length;
        const watchers = await Promise.all(Array.from({ length: 10 }, () => another(shop, SHORT)));
        assert.is(shop.proxy.open, 1, provider.name);
        // client-node writes into what it has read.
        await eventually(() => log.lists.length >= before + 3, PATIENT);
        watchers.push(await another(shop, SHORT));
        assert.is(shop.proxy.open, 1, provider.name);
        await Promise.all(watchers.map((watcher) => watcher.stop()));
        await eventually(() => shop.proxy.open === 0);
      }
    }),
  );

  it(
    'remembers that a provider of a kubeconfig was refused: a start fails as soon as with a token',
    Shop.test(async (shop) => {
      const provider = { name: 'x', config: { exec: pluginThatPrints({ token: 'nobody' }) } };
      rewrite(shop.kubeConfig, ({ users: [user] }) =>
        Object.assign(user ?? {}, { user: { 'auth-provider': provider } }),
      );
      const started = Date.now();
      await rejects(shop.watch({ watch: { startTimeoutMs: 60_000 } }), /: the API server does not know who asks/);
      assert.ok(Date.now() - started < 30_000, 'does not wait for the start time-out');
    }),
  );

  it(
    'is what a context has that is named, or is the current one; another path has its own',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      using log = new RequestLog();
      await shop.watch(UNBROKEN);
      await another(shop, { ...UNBROKEN, context: 'test' });
      assert.is(log.watches.length, 1);
      const copy = `${shop.kubeConfig}.copy`;
      copyFileSync(shop.kubeConfig, copy);
      await another(shop, { ...UNBROKEN, kubeConfig: copy });
      assert.is(log.watches.length, 2);
    }),
  );

  it(
    'becomes one again where a token file was renewed while others started',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const tokenFile = join(shop.cluster.folder, `${shop.namespace.name}.token`);
      const kubeConfig = configOf(shop, { authProvider: { name: 'x', config: { tokenFile } } });
      for (let starts = 1; starts <= 4; starts++) {
        // Two tokens of one second are the same.
        const token = `${await shop.namespace.token('shop')}${' '.repeat(starts)}`;
        writeFileSync(tokenFile, token);
        await another(shop, { ...SHORT, kubeConfig });
      }
      await eventually(() => shop.proxy.open === 1, PATIENT);
      const watchers = shop.others.flatMap((flags) => flags.watchers);
      assert.equal(
        watchers.map((watcher) => [watcher.state, watcher.status.restarts]),
        Array.from({ length: 4 }, () => ['live', 0]),
      );
      const [last, ...others] = watchers;
      await Promise.all(others.map((watcher) => watcher.stop()));
      assert.is(last?.state, 'live');
      await last?.stop();
      await eventually(() => shop.proxy.open === 0);
    }),
  );

  it(
    'is not shared by KubeConfigs that say the same: one may come to say something else',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const [token, other] = [await shop.namespace.token('shop'), await stranger(shop)];
      for (const changed of [0, 1]) {
        const configs: KubeConfig[] = [configOf(shop, { token }), configOf(shop, { token })];
        const watchers = await Promise.all(configs.map((kubeConfig) => another(shop, { ...SHORT, kubeConfig })));
        assert.is(shop.proxy.open, 2);
        Object.assign(configs[changed]?.getCurrentUser() ?? {}, { token: other });
        await eventually(() => MAY_NOT.test(watchers[changed]?.status.lastError?.message ?? ''), PATIENT);
        await eventually(() => watchers[1 - changed]?.state === 'live', PATIENT);
        assert.not.match(watchers[1 - changed]?.status.lastError?.message ?? '', MAY_NOT);
        await Promise.all(watchers.map((watcher) => watcher.stop()));
        await eventually(() => shop.proxy.open === 0);
      }
    }),
  );
});

describe('configMapApiSource: one watch of two contexts', (it) => {
  it('is left by who has named a context, when the kubeconfig has another current one', async () => {
    const double = await Double.start();
    const flags = [new FlagSet('current'), new FlagSet('named')] as const;
    try {
      const kubeConfig = double.kubeConfig({ token: 'one' });
      double.token = 'one';
      double.nextWatches.push(endsInTime);
      const at = { namespace: 'shop', name: 'flags', kubeConfig, silenceTimeoutMs: 2_000 };
      const current = await flags[0].watch(configMapApiSource(at));
      const named = await flags[1].watch(configMapApiSource({ ...at, context: 'test' }));
      assert.is(double.watches, 1);
      rewrite(kubeConfig, (config) => {
        config.users.push({ name: 'other', user: { token: 'two' } });
        config.contexts.push({ name: 'other', context: { cluster: 'test', user: 'other' } });
        config['current-context'] = 'other';
      });
      double.token = 'two';
      await eventually(() => /\(401\)/.test(named.status.lastError?.message ?? ''), PATIENT);
      assert.is(current.status.restarts, 0);
    } finally {
      for (const watcher of flags.flatMap((set) => set.watchers)) await watcher.stop();
      await double.close();
    }
  });
});

describe('configMapApiSource: one watch of two spellings of a path', (it) => {
  it('is shared, for they are one kubeconfig', async () => {
    const double = await Double.start();
    const flags = [new FlagSet('absolute'), new FlagSet('relative')] as const;
    const before = process.cwd();
    try {
      const kubeConfig = double.kubeConfig();
      rewrite(kubeConfig, ({ clusters: [entry] }) => {
        const { server, 'certificate-authority-data': ca = '' } = entry?.cluster ?? {};
        writeFileSync(join(dirname(kubeConfig), 'ca.crt'), Buffer.from(ca, 'base64'));
        Object.assign(entry ?? {}, { cluster: { server, 'certificate-authority': 'ca.crt' } });
      });
      const paths = [kubeConfig, relative(process.cwd(), kubeConfig)];
      const at = { namespace: 'shop', name: 'flags' };
      const sources = paths.map((path) => configMapApiSource({ ...at, kubeConfig: path }));
      // A path is seen from where the process was when the source was made.
      process.chdir(dirname(kubeConfig));
      for (const [index, source] of sources.entries()) await flags[index]?.watch(source);
      assert.is(double.watches, 1);
    } finally {
      process.chdir(before);
      for (const watcher of flags.flatMap((set) => set.watchers)) await watcher.stop();
      await double.close();
    }
  });
});

describe('configMapApiSource: watches that become one', (it) => {
  it('tell nobody what is older than what he knows', async () => {
    const double = await Double.start();
    const flags = [new FlagSet('first'), new FlagSet('second')] as const;
    try {
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromFile(double.kubeConfig());
      const tokenFile = join(dirname(double.kubeConfig()), 'token');
      const user = kubeConfig.getCurrentUser();
      Object.assign(user ?? {}, { token: undefined, authProvider: { name: 'x', config: { tokenFile } } });
      const at = { namespace: 'shop', name: 'flags', kubeConfig, silenceTimeoutMs: 6_000 };
      writeFileSync(tokenFile, 'one');
      double.data = { rate: '1' };
      let first: Parameters<Answer> | undefined;
      double.nextWatches.push((...watch) => endsInTime(...(first = watch)));
      const rates = flags.map((set) => set.dynamic('rate', int, 0, 'A rate.'));
      await flags[0].watch(configMapApiSource(at));
      const told: number[] = [];
      rates[0]?.withNotifier((next) => void told.push(next));
      writeFileSync(tokenFile, 'two');
      // Its connection stalls from here on.
      await flags[1].watch(configMapApiSource(at));
      double.data = { rate: '2' };
      first?.[0].write(`${JSON.stringify({ type: 'MODIFIED', object: double.object(double.data, '8') })}\n`);
      await eventually(() => rates[1]?.get() === 2, PATIENT);
      assert.equal([told, double.watches], [[2], 3]);
      assert.equal(
        flags.map((set) => set.watchers[0]?.status.restarts),
        [0, 0],
      );
    } finally {
      for (const watcher of flags.flatMap((set) => set.watchers)) await watcher.stop();
      await double.close();
    }
  });
});

/** Ends a watch when its time has come, as the API server does. */
const endsInTime: Answer = (response, request) => {
  openWatch(response);
  const seconds = new URL(request.url ?? '', 'https://server').searchParams.get('timeoutSeconds');
  setTimeout(() => response.end(), Number(seconds) * 1_000);
};

interface Kubeconfig {
  'current-context': string;
  readonly clusters: { cluster: Readonly<Record<string, string>> }[];
  readonly users: { name: string; user: object }[];
  readonly contexts: { name: string; context: object }[];
}

function rewrite(path: string, change: (config: Kubeconfig) => void): void {
  const config = JSON.parse(readFileSync(path, 'utf8')) as Kubeconfig;
  change(config);
  writeFileSync(path, JSON.stringify(config));
}

function pluginThatPrints(status: object): object {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status });
  return { apiVersion, command: process.execPath, args: ['-p', JSON.stringify(credential)], interactiveMode: 'Never' };
}
