import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { type DynamicFlag, FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { proxyFor } from '../../src/api/proxy.ts';
import { Double } from './double.ts';

describe('configMapApiSource: HTTP proxies', (it) => {
  it('goes through the proxy of the kubeconfig, with its password, and lets it see nothing', async () => {
    const { double, proxy, rate, flags } = await behindProxy();
    try {
      const kubeConfig = double.kubeConfig({ server: `https://kube.test:${double.port}`, proxyUrl: proxy.url });
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
    process.env['HTTPS_PROXY'] = proxy.url;
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
    const { double, proxy, flags } = await behindProxy(403);
    try {
      const kubeConfig = double.kubeConfig({ server: `https://kube.test:${double.port}`, proxyUrl: proxy.url });
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
      () => proxyFor(new URL('https://kube.example.com'), 'socks5://own:1', {}),
      /must be an http or https URL/,
    );
  });
});

async function behindProxy(status = 200) {
  const double = await Double.start();
  double.data = { rate: '20' };
  const flags = new FlagSet('shop');
  const rate: DynamicFlag<number> = flags.dynamic('rate', int, 10, 'A rate.');
  const seen: string[] = [];
  const server = createServer();
  server.on('connect', (request, client) => {
    seen.push(`${request.url} ${request.headers['proxy-authorization']}`);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const upstream = connect(double.port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.pipe(client).pipe(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { double, flags, rate, proxy: { url: `http://user:p%40ss@127.0.0.1:${port}`, seen, close } };
}
