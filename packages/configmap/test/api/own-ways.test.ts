// timeout: 180 s
import { spawn } from 'node:child_process';
import { FlagSet } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeConfigLike } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { MAY_NOT, UNBROKEN, another, configOf, stranger } from './askers.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

type Options = Parameters<KubeConfig['applyToHTTPSOptions']>[0];

/** Shows a token. */
function showing(token: string, options: Options): void {
  options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
}

function authenticator(token: string): Parameters<KubeConfig['addAuthenticator']>[0] {
  return { isAuthProvider: () => true, applyAuthentication: async (_user, options) => showing(token, options) };
}

/** Make KubeConfigs whose cluster and user seem to say the same, whatever the token. */
const OWN_WAYS: Readonly<Record<string, (shop: Shop, token: string) => KubeConfigLike>> = {
  'an authenticator': (shop, token) => {
    const config = configOf(shop, {});
    config.addAuthenticator(authenticator(token));
    return config;
  },
  'an authenticator among those of client-node': (shop, token) => {
    const config = configOf(shop, {});
    config['authenticators'].unshift(authenticator(token));
    return config;
  },
  'a class of its own': (shop, token) => {
    class Own extends KubeConfig {
      override async applyToHTTPSOptions(options: Options): Promise<void> {
        await super.applyToHTTPSOptions(options);
        showing(token, options);
      }
    }
    return configOf(shop, {}, new Own());
  },
  'a method of its own': (shop, token) => {
    const config = configOf(shop, {});
    const made = config.applyToHTTPSOptions.bind(config);
    const applyToHTTPSOptions = async (options: Options): Promise<void> => {
      await made(options);
      showing(token, options);
    };
    return Object.defineProperty(config, 'applyToHTTPSOptions', { value: applyToHTTPSOptions });
  },
  'only the three methods': (shop, token) => {
    const config = configOf(shop, {});
    return {
      getCurrentCluster: () => config.getCurrentCluster(),
      getCurrentUser: () => ({ name: 'somebody' }),
      applyToHTTPSOptions: async (options) => {
        await config.applyToHTTPSOptions(options as Options);
        showing(token, options as Options);
      },
    };
  },
  'a user of a class of its own': (shop, token) => configOf(shop, Object.create({ token }) as object),
  'a user whose token is no text': (shop, token) =>
    configOf(shop, {
      get token() {
        return { toString: () => token };
      },
    }),
  'a user whose token is hidden': (shop, token) => configOf(shop, Object.defineProperty({}, 'token', { value: token })),
};

describeOnCluster('configMapApiSource: a KubeConfig that has ways of its own', (it) => {
  for (const [what, make] of Object.entries(OWN_WAYS)) {
    it(
      `stands for itself only where it has ${what}`,
      Shop.test(async (shop) => {
        await shop.put({ rate: '20' });
        await shop.watch({ ...UNBROKEN, kubeConfig: make(shop, await shop.namespace.token('shop')) });
        const kubeConfig = make(shop, await stranger(shop));
        await rejects(another(shop, { ...UNBROKEN, kubeConfig }), MAY_NOT);
      }),
    );
  }

  it(
    'stands for itself only where its provider keeps what it was given, as all do but that of a token file',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const config = { 'id-token': await shop.namespace.token('shop') };
      const kubeConfigs = [1, 2].map(() => configOf(shop, { authProvider: { name: 'oidc', config: { ...config } } }));
      for (const kubeConfig of kubeConfigs) await another(shop, { ...UNBROKEN, kubeConfig });
      assert.is(shop.proxy.open, 2);
      for (const kubeConfig of kubeConfigs) await another(shop, { ...UNBROKEN, kubeConfig });
      assert.is(shop.proxy.open, 2);
    }),
  );
});

describe('configMapApiSource: a KubeConfig whose faults nobody catches', (it) => {
  it('is stopped where it says no more who asks', async () => {
    let isAsked = false;
    const kubeConfig: KubeConfigLike = {
      getCurrentCluster: () => ({ server: 'https://127.0.0.1:1' }),
      getCurrentUser: () => {
        if (isAsked) throw new Error('no user');
        return null;
      },
      applyToHTTPSOptions: () => {
        isAsked = true;
        return new Promise(() => {});
      },
    };
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
    const watcher = await new FlagSet('stopped').watch(source, { required: false });
    await eventually(() => isAsked);
    await watcher.stop();
  });

  it('is an error where it starts a command that cannot be started, and does not listen to it', async () => {
    let tries = 0;
    const kubeConfig: KubeConfigLike = {
      getCurrentCluster: () => ({ server: 'https://127.0.0.1:1' }),
      getCurrentUser: () => ({ name: 'somebody', authProvider: { config: { exec: { command: '/nowhere' } } } }),
      // As client-node 1.x and 2.x where so many files are open that Node makes no pipes.
      applyToHTTPSOptions: async () => {
        tries++;
        spawn('/nowhere');
        throw new TypeError("Cannot read properties of undefined (reading 'setEncoding')");
      },
    };
    const flags = new FlagSet('not started');
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
    const watcher = await flags.watch(source, { required: false, backoff: { maxMs: 50 } });
    await eventually(() => tries >= 2);
    const said =
      /the exec plugin "\/nowhere" gave no credentials: it cannot be started; this process may have too many files open; run it by hand$/;
    assert.match(watcher.status.lastError?.message ?? '', said);
    await watcher.stop();
  });
});
