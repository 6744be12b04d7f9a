// timeout: 300 s
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

describeOnCluster('configMapApiSource: rolling restarts', (it) => {
  it(
    'sends no storm of requests while the API server is restarted ten times in a row, politely',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      // Over HTTP/1.1 a server that shuts down lets each watch come to its end, so short ones make the test short.
      await shop.watch({ silenceTimeoutMs: 3_000, watch: { backoff: {} } });
      const { proxy, cluster } = shop;
      const requests: string[] = [];
      const count = (message: unknown): void => {
        const { request } = message as { readonly request: ClientRequest };
        if (request.host === '127.0.0.1' && request.path.includes('fieldSelector')) requests.push(request.path);
      };
      // Every request of this process, over new connections and kept ones.
      subscribe('http.client.request.start', count);
      const before = proxy.connections;
      const started = Date.now();
      for (let restart = 1; restart <= 10; restart++) {
        await cluster.server.terminate();
        await cluster.server.start();
      }
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30 && shop.state === 'live', { withinMs: 30_000 });
      unsubscribe('http.client.request.start', count);
      const connections = proxy.connections - before;
      const seconds = Math.ceil((Date.now() - started) / 1_000);
      const counted = `${connections} connections, ${requests.length} requests in ${seconds} s`;
      // Each restart takes some 5 s, in which the backoff allows about seven attempts of a list and a watch.
      assert.ok(connections >= 10 && connections <= 40 + 1.6 * seconds, counted);
      assert.ok(requests.length >= 20 && requests.length <= 50 + 2 * seconds, counted);
    }),
    { own: true },
  );
});
