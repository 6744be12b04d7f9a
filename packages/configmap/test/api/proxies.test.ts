import { once } from 'node:events';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { type DynamicFlag, FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { CertificateAuthority } from '@flagz/testbed';
import { makeAgent, proxyFor } from '../../src/api/proxy.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { connectProxy } from './connect-proxy.ts';
import { Double } from './double.ts';
import { Shop } from './shop.ts';

describe('configMapApiSource: HTTP proxies', (it) => {
  it('goes through the proxy of the kubeconfig, with its password, and lets it see nothing', async () => {
    const { double, proxy, rate, flags } = await behindProxy();
    try {
      const kubeConfig = double.kubeConfig({
        server: `https://kube.test:${double.port}`,
        proxyUrl: `http://user:p%40ss@${proxy.host}`,
      });
      await using _ = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
      assert.is(rate.get(), 20);
      assert.equal(proxy.seen, [`kube.test:${double.port} Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
    } finally {
      await proxy.close();
      await double.close();
    }
  });

  it('goes through HTTPS_PROXY', async () => {
    const { double, proxy, rate, flags } = await behindProxy();
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`;
    try {
      const kubeConfig = double.kubeConfig({ server: `https://kube.test:${double.port}` });
      await using _ = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
      assert.is(rate.get(), 20);
    } finally {
      delete process.env['HTTPS_PROXY'];
      await proxy.close();
      await double.close();
    }
  });

  it('says what the proxy refuses', async () => {
    const { double, proxy, flags } = await behindProxy({ status: 403 });
    try {
      const kubeConfig = double.kubeConfig({
        server: `https://kube.test:${double.port}`,
        proxyUrl: `http://user:p%40ss@${proxy.host}`,
      });
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
      await rejects(
        flags.watch(source, { startTimeoutMs: 2_000 }),
        /the proxy 127\.0\.0\.1:\d+: refuses to connect to kube\.test:\d+: status 403/,
      );
    } finally {
      await proxy.close();
      await double.close();
    }
  });
});

describe('configMapApiSource: IPv6 and HTTP proxies', (it) => {
  it('asks the proxy for an address in brackets', async () => {
    const { double, proxy, rate, flags } = await behindProxy();
    try {
      const kubeConfig = double.kubeConfig({
        server: `https://[fd00::1]:${double.port}`,
        proxyUrl: `http://${proxy.host}`,
        tlsServerName: 'kube.test',
      });
      await using _ = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
      assert.is(rate.get(), 20);
      assert.equal(proxy.seen, [`[fd00::1]:${double.port}`]);
    } finally {
      await proxy.close();
      await double.close();
    }
  });

  const title = 'finds a proxy whose own address is one';
  const loopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
  const test = async (): Promise<void> => {
    const { double, proxy, rate, flags } = await behindProxy({ host: '::1' });
    try {
      const server = `https://kube.test:${double.port}`;
      const kubeConfig = double.kubeConfig({ server, proxyUrl: `http://100%:x@${proxy.host}` });
      await using _ = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
      assert.is(rate.get(), 20);
    } finally {
      await proxy.close();
      await double.close();
    }
  };
  if (loopback) it(title, test);
  else it.skip(title, 'needs IPv6 on the loopback', test);
});

describeOnCluster('configMapApiSource: a real API server behind an HTTP proxy', (it) => {
  it(
    'is followed through it, also when the tunnel is cut',
    Shop.test(async (shop) => {
      const proxy = await connectProxy(shop.proxy.port);
      try {
        await shop.put({ rate: '20' });
        const server = `https://kube.test:${shop.cluster.port}`;
        const token = await shop.namespace.token('shop');
        const proxyUrl = `http://${proxy.host}`;
        await shop.watch({ kubeConfig: shop.cluster.writeKubeconfig('proxied', { server, token, proxyUrl }) });
        assert.is(shop.rate.get(), 20);
        await shop.put({ rate: '30' });
        await eventually(() => shop.rate.get() === 30);
        shop.proxy.cut();
        await shop.put({ rate: '40' });
        await eventually(() => shop.rate.get() === 40, { withinMs: 15_000 });
        assert.ok(proxy.seen.length >= 2);
        for (const asked of proxy.seen) assert.is(asked, `kube.test:${shop.cluster.port}`);
      } finally {
        await proxy.close();
      }
    }),
    { own: true },
  );
});

describe('makeAgent()', (it) => {
  it('gives a request behind a proxy the error of a certificate that does not fit its key, and closes the tunnel', async () => {
    const { double, proxy } = await behindProxy();
    const authority = new CertificateAuthority('any');
    const [{ certificate: cert }, { key }] = [
      authority.issue({ commonName: 'a' }),
      authority.issue({ commonName: 'b' }),
    ];
    const agent = makeAgent({ cert, key }, new URL(`http://${proxy.host}`));
    try {
      const asking = request({ agent, host: 'kube.test', port: double.port });
      await rejects(once(asking, 'response'), /key values mismatch/);
      await eventually(() => proxy.open() === 0);
    } finally {
      agent.destroy();
      await proxy.close();
      await double.close();
    }
  });
});

describe('proxyFor()', (it) => {
  const proxies = (server: string, noProxy: string): boolean =>
    proxyFor(new URL(server), undefined, { HTTPS_PROXY: 'proxy:3128', NO_PROXY: noProxy }) !== undefined;

  it('asks NO_PROXY as Go does', () => {
    for (const [server, noProxy, expected] of [
      ['https://kube.example.com', '', true],
      ['https://kube.example.com', '*', false],
      ['https://kube.example.com', 'example.com', false],
      ['https://kube.example.com', '.example.com', false],
      ['https://kube.example.com', ' other.com , example.com ', false],
      ['https://example.com', 'example.com', false],
      ['https://kubeexample.com', 'example.com', true],
      ['https://kube.example.com:6443', 'example.com:6443', false],
      ['https://kube.example.com:6443', 'example.com:443', true],
      ['https://10.1.2.3', '10.0.0.0/8', false],
      ['https://11.1.2.3', '10.0.0.0/8', true],
      ['https://10.1.2.3', '10.1.2.3', false],
      ['https://[fd00::1]', 'fd00::/8', false],
      ['https://[fd00::1]', 'fd00::1', false],
      ['https://[fd00::1]:6443', '[fd00::1]:6443', false],
      ['https://[fd00::1]:6443', '[fd00::1]:443', true],
      ['https://[fd00::1]:6443', '[fd00::1]', false],
      ['https://[fd00::1]:6443', '[FD00:0:0::0001]:6443', false],
      ['https://[fd00::2]:6443', '[fd00::1]:6443', true],
      ['https://10.1.2.3:6443', '10.1.2.3:6443', false],
      ['https://10.1.2.3:6443', '10.1.2.3:443', true],
      ['https://kube.example.com', '*.example.com', false],
      ['https://kube.example.com', 'nonsense/77', true],
      ['https://127.0.0.1', '', false],
      ['https://localhost', '', false],
      ['https://[::1]', '', false],
    ] as const) {
      assert.is(proxies(server, noProxy), expected, `${server} with NO_PROXY=${noProxy}`);
    }
  });

  it('prefers the proxy of the kubeconfig, also to NO_PROXY', () => {
    const proxy = proxyFor(new URL('https://kube.example.com'), 'http://own:1', {
      HTTPS_PROXY: 'other:1',
      NO_PROXY: '*',
    });
    assert.is(proxy?.host, 'own:1');
  });

  it('refuses what is no HTTP proxy', () => {
    assert.throws(
      () => proxyFor(new URL('https://kube.example.com'), 'socks5://user:secret@own:1', {}),
      /^the proxy of https:\/\/kube\.example\.com is a SOCKS proxy \(socks5:\/\/own:1\), which .*HTTP CONNECT/,
    );
    assert.throws(
      () => proxyFor(new URL('https://kube.example.com'), 'ftp://own:1', {}),
      /must be an http or https URL/,
    );
  });
});

async function behindProxy(options: { readonly status?: number; readonly host?: string } = {}) {
  const double = await Double.start();
  double.data = { rate: '20' };
  const flags = new FlagSet('shop');
  const rate: DynamicFlag<number> = flags.dynamic('rate', int, 10, 'A rate.');
  return { double, flags, rate, proxy: await connectProxy(double.port, options) };
}
