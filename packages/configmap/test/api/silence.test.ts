// timeout: 400 s
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { FlagSet } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { Cluster, TcpProxy } from '@flagz/testbed';
import { checkTiming } from '../../src/api/timing.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { type Answer, Double } from './double.ts';
import { Shop } from './shop.ts';

const SILENCE_MS = 60_000;
const BACK_WITHIN_MS = 5_000;

describe('configMapApiSource: after an outage', (it) => {
  it('comes back with half a second to spare after the worst moment: a connect that hangs, then the longest wait', () => {
    const { connectTimeoutMs } = checkTiming({});
    const { maxMs = Number.POSITIVE_INFINITY } = configMapApiSource({ namespace: 'shop', name: 'flags' }).backoff ?? {};
    assert.ok(connectTimeoutMs + maxMs <= BACK_WITHIN_MS - 500, `${connectTimeoutMs} + ${maxMs} ms`);
  });
});

describeOnCluster('configMapApiSource: silence', (it) => {
  const isBack = async (first: Cluster): Promise<void> => {
    const second = await Cluster.start();
    const shops = await Promise.all([Shop.open(first), Shop.open(second), Shop.open(second)]);
    const [stopped, stalled, lost] = shops;
    try {
      await Promise.all(shops.map((shop) => shop.put({ rate: '20' })));
      // Everything as a user gets it who sets nothing.
      await Promise.all(shops.map((shop) => shop.watch({ watch: { backoff: {} } })));
      first.server.pause();
      stalled.proxy.stall();
      lost.proxy.openBlackHole();
      const started = Date.now();
      await Promise.all(shops.map((shop) => eventually(() => shop.state === 'stale', { withinMs: 50_000 })));
      for (const shop of shops) {
        assert.match(shop.lastError, /silent for 30000 ms|no connection to .* within 3000 ms/);
        assert.is(shop.rate.get(), 20);
      }
      await stalled.put({ rate: '30' });
      await lost.put({ rate: '30' });
      // The silence of the issue, no wait for something.
      await sleep(Math.max(0, SILENCE_MS - (Date.now() - started)));
      first.server.resume();
      stalled.proxy.resume();
      lost.proxy.closeBlackHole();
      const ended = Date.now();
      const back = [() => stalled.rate.get() === 30, () => lost.rate.get() === 30, () => stopped.state === 'live'];
      const took = back.map(async (one) => {
        await eventually(one, { withinMs: 30_000, everyMs: 20 });
        return Date.now() - ended;
      });
      // This outage alone: what holds after any other one is shown above.
      for (const ms of await Promise.all(took)) assert.ok(ms <= BACK_WITHIN_MS, `took ${ms} ms`);
      await stopped.put({ rate: '30' });
      await eventually(() => stopped.rate.get() === 30);
    } finally {
      first.server.resume();
      for (const shop of shops) shop.proxy.resume();
      await Promise.all(shops.map((shop) => shop.close()));
      await second.close();
    }
  };
  it('is stale in time, keeps the values, and is back within 5 s of the end of a stall or a black hole', isBack, {
    own: true,
  });

  it(
    'fails to start on a server that accepts and never answers, within the start time-out, and says so',
    Shop.test(async (shop) => {
      const silent = await TcpProxy.start(shop.cluster);
      silent.stall();
      try {
        const server = `https://127.0.0.1:${silent.port}`;
        const kubeConfig = shop.cluster.writeKubeconfig('silent', { server, token: 'x' });
        const started = Date.now();
        await rejects(
          shop.watch({ kubeConfig, connectTimeoutMs: 500, watch: { startTimeoutMs: 4_000 } }),
          /not loaded within 4000 ms; last error: .*no connection to https:\/\/127\.0\.0\.1:\d+ within 500 ms/,
        );
        assert.ok(Date.now() - started < 30_000);
      } finally {
        await silent.close();
      }
    }),
  );

  const silent: Readonly<Record<string, readonly [kind: 'nextLists' | 'nextWatches', answer: Answer, said: RegExp]>> = {
    'no list': ['nextLists', () => {}, /had not yet answered the request to list the ConfigMap/],
    'half a list': [
      'nextLists',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"kind":'),
      /had not yet answered the request to list the ConfigMap/,
    ],
    'no watch': ['nextWatches', () => {}, /had not yet answered the request to watch the ConfigMap/],
  };
  for (const [what, [kind, answer, said]] of Object.entries(silent)) {
    it(`names the server that answers ${what}, also where the start time-out is the shorter one`, async () => {
      const double = await Double.start();
      double[kind].push(answer, answer, answer);
      const flags = new FlagSet('silent');
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: double.kubeConfig() });
      try {
        await rejects(
          flags.watch(source, { startTimeoutMs: 2_500 }),
          new RegExp(`not loaded within 2500 ms; last error: .*https://127\\.0\\.0\\.1:${double.port} ${said.source}`),
        );
      } finally {
        await double.close();
      }
    });
  }

  it(
    'is not stale while the connection is slow',
    Shop.test(async (shop) => {
      shop.proxy.delayMs = 150;
      await shop.watch();
      await shop.put({ rate: '20' });
      await eventually(() => shop.rate.get() === 20);
      assert.is(shop.watcher?.status.restarts, 0);
    }),
  );
});
