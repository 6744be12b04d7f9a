import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { FlagSet, type Source } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { MAY_NOT, UNBROKEN, another, configOf, serverOf, stranger, waitingPlugin } from './askers.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { Double } from './double.ts';
import { RequestLog } from './request-log.ts';
import { Shop } from './shop.ts';
import { tempDir } from '../temp-dir.ts';

describeOnCluster('configMapApiSource: who asks', (it) => {
  it(
    'is who a kubeconfig says now: a second source gets nothing of what the first one may see',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      await shop.watch(UNBROKEN);
      shop.cluster.writeKubeconfig(shop.namespace.name, { server: serverOf(shop), token: await stranger(shop) });
      await rejects(another(shop, { ...UNBROKEN, kubeConfig: shop.kubeConfig }), MAY_NOT);
      await stillFollows(shop);
    }),
  );

  it(
    'is who a token file says now',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const tokenFile = join(shop.cluster.folder, `${shop.namespace.name}.token`);
      const config = (): KubeConfig => configOf(shop, { authProvider: { name: 'x', config: { tokenFile } } });
      writeFileSync(tokenFile, await shop.namespace.token('shop'));
      await shop.watch({ ...UNBROKEN, kubeConfig: config() });
      writeFileSync(tokenFile, await stranger(shop));
      await rejects(another(shop, { ...UNBROKEN, kubeConfig: config() }), MAY_NOT);
      await stillFollows(shop);
    }),
  );

  it(
    'is who a KubeConfig says now, also when the object is the same',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const config = configOf(shop, { token: await shop.namespace.token('shop') });
      await shop.watch({ ...UNBROKEN, kubeConfig: config });
      Object.assign(config.getCurrentUser() ?? {}, { token: await stranger(shop) });
      await rejects(another(shop, { ...UNBROKEN, kubeConfig: config }), MAY_NOT);
      await stillFollows(shop);
      // With the next connection the first one is the stranger, too.
      shop.proxy.cut();
      await eventually(() => MAY_NOT.test(shop.lastError), { withinMs: 15_000 });
    }),
  );

  it(
    'is the same for all who have one KubeConfig, and stays it when its token is renewed: one watch',
    Shop.test(async (shop) => {
      using log = new RequestLog();
      await shop.put({ rate: '20' });
      const tokenFile = join(shop.cluster.folder, `${shop.namespace.name}.token`);
      const kubeConfig = configOf(shop, { authProvider: { name: 'x', config: { tokenFile } } });
      writeFileSync(tokenFile, await shop.namespace.token('shop'));
      await shop.watch({ ...UNBROKEN, kubeConfig });
      const alone = log.watches.length;
      await another(shop, { ...UNBROKEN, kubeConfig });
      assert.is(log.watches.length, alone);

      writeFileSync(tokenFile, await shop.namespace.token('shop'));
      shop.proxy.cut();
      await eventually(() => log.watches.length > alone && shop.flags.watchers[0]?.state === 'live', {
        withinMs: 15_000,
      });
      const renewed = log.watches.length;
      await another(shop, { ...UNBROKEN, kubeConfig });
      assert.is(log.watches.length, renewed);
    }),
  );

  it(
    'is the same for a KubeConfig that makes a token whenever it is asked',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      class Minting extends KubeConfig {
        override async applyToHTTPSOptions(...options: Parameters<KubeConfig['applyToHTTPSOptions']>): Promise<void> {
          minted++;
          Object.assign(this.getCurrentUser() ?? {}, { token: await shop.namespace.token('shop') });
          await super.applyToHTTPSOptions(...options);
        }
      }
      let minted = 0;
      const kubeConfig = configOf(shop, {}, new Minting());
      await shop.watch({ silenceTimeoutMs: 3_000, kubeConfig });
      await another(shop, { silenceTimeoutMs: 3_000, kubeConfig });
      const asked = minted;
      await eventually(() => minted >= asked + 3, { withinMs: 30_000 });
      assert.equal(
        shop.others.concat(shop.flags).map((flags) => flags.watchers[0]?.status.restarts),
        [0, 0],
      );
      await stillFollows(shop);
    }),
  );

  it(
    'is not the same for providers that only their own KubeConfig knows',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const tokens = [await shop.namespace.token('shop'), await stranger(shop)];
      const [first, second] = tokens.map((token) => {
        const config = configOf(shop, { authProvider: { name: 'own', config: {} } });
        config.addAuthenticator({
          isAuthProvider: () => true,
          applyAuthentication: async (_user, options) => {
            Object.assign(options.headers ?? {}, { Authorization: `Bearer ${token}` });
          },
        });
        return config;
      });
      await shop.watch({ ...UNBROKEN, kubeConfig: first! });
      await rejects(another(shop, { ...UNBROKEN, kubeConfig: second! }), MAY_NOT);
    }),
  );

  it(
    'is nobody while a token file is missing, which is named, with what to do, and waited for',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const tokenFile = join(shop.cluster.folder, `${shop.namespace.name}.token`);
      const kubeConfig = configOf(shop, { authProvider: { name: 'x', config: { tokenFile } } });
      await rejects(
        shop.watch({ kubeConfig, watch: { startTimeoutMs: 2_000 } }),
        /the token file "\/\S+\.token" cannot be read \(ENOENT\): in a pod the kubelet puts it there, unless automountServiceAccountToken is false; elsewhere name another tokenFile/,
      );
      const waiting = shop.watch({ kubeConfig });
      await eventually(() => /\.token" cannot be read/.test(shop.flags.watchers[0]?.status.lastError?.message ?? ''));
      writeFileSync(tokenFile, await shop.namespace.token('shop'));
      await waiting;
      assert.is(shop.rate.get(), 20);
    }),
  );
});

describe('configMapApiSource: who asks, when that changes while an exec plugin runs', (it) => {
  it('is never who the plugin was not asked for: a second source gets nothing of what the first one may see', async () => {
    using temp = tempDir();
    const double = await Double.start();
    const [first, second] = [new FlagSet('first'), new FlagSet('second')];
    try {
      Object.assign(double, { token: 'one', data: { rate: '20' } });
      const plugin = waitingPlugin(temp);
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromFile(double.kubeConfig({ token: '' }));
      Object.assign(kubeConfig.getCurrentUser() ?? {}, { exec: plugin.exec });
      kubeConfig.addUser({ name: 'nobody', token: 'unknown' });
      kubeConfig.addContext({ name: 'other', cluster: 'test', user: 'nobody' });
      const source = (): Source => configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
      await first.watch(source(), { required: false });
      await plugin.started();
      kubeConfig.setCurrentContext('other');
      plugin.goOn();
      await eventually(() => first.watchers[0]?.status.lastError ?? double.watches > 0);
      await rejects(second.watch(source()), /does not know who asks to list ConfigMap "flags"/);
    } finally {
      for (const watcher of [first, second].flatMap((flags) => flags.watchers)) await watcher.stop();
      await double.close();
    }
  });
});

describe('configMapApiSource in a pod without a token', (it) => {
  it('says so, and how it gets one', async () => {
    const { KUBECONFIG, HOME } = process.env;
    Object.assign(process.env, { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOME: '/nowhere' });
    delete process.env['KUBECONFIG'];
    try {
      const watching = new FlagSet('pod').watch(configMapApiSource({ namespace: 'shop', name: 'flags' }));
      await rejects(
        watching,
        /this pod has no token of a service account, \S+ is missing: set automountServiceAccountToken/,
      );
    } finally {
      delete process.env['KUBERNETES_SERVICE_HOST'];
      Object.assign(process.env, { HOME, ...(KUBECONFIG !== undefined && { KUBECONFIG }) });
    }
  });
});

async function stillFollows(shop: Shop): Promise<void> {
  await shop.put({ rate: '30' });
  await eventually(() => shop.rate.get() === 30);
  assert.is(shop.state, 'live');
}
