import type { ServerResponse } from 'node:http';
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Double, openWatch } from './double.ts';
import { RequestLog } from './request-log.ts';
import { Shop } from './shop.ts';

const WATCHES = 6;

describeOnCluster('configMapApiSource: its requests', (it) => {
  it(
    'are a consistent list, and a watch from there, with bookmarks, each for another time',
    Shop.test(async (shop) => {
      using log = new RequestLog();
      await shop.put({ rate: '20' });
      await shop.watch({ silenceTimeoutMs: 3_600_000 });
      while (log.watches.length < WATCHES) {
        const { length } = log.watches;
        shop.proxy.cut();
        await eventually(() => log.watches.length > length && shop.state === 'live', { withinMs: 30_000 });
      }
      // A list that names a revision may be answered from what the server happens to remember.
      for (const list of log.lists) assert.equal([...list], [['fieldSelector', 'metadata.name=flags']]);
      const { metadata } = await shop.namespace.configMap('flags');
      const times = log.watches.map((watch) => Number(watch.get('timeoutSeconds')));
      for (const watch of log.watches) {
        assert.is(watch.get('allowWatchBookmarks'), 'true');
        assert.ok(Number(watch.get('resourceVersion')) >= Number(metadata.resourceVersion), String(watch));
      }
      // 55 to 75 % of the silence, drawn anew each time.
      for (const seconds of times) assert.ok(seconds >= 1_980 && seconds <= 2_700, `${seconds} s`);
      assert.ok(new Set(times).size > 1, times.join());
    }),
  );
});

describe('configMapApiSource: a bookmark', (it) => {
  it('says that the connection lives, and no more: the next watch begins where the next list ends', async () => {
    using log = new RequestLog();
    const double = await Double.start();
    try {
      double.data = { rate: '20' };
      let open: ServerResponse | undefined;
      double.nextWatches.push((response) => {
        openWatch(response);
        open = response;
      });
      double.nextLists.push(listAt(double, '40'), listAt(double, '60'));
      const flags = new FlagSet('shop');
      const rate = flags.dynamic('rate', int, 10, 'A rate.');
      const kubeConfig = double.kubeConfig();
      await using watcher = await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
      const { lastSuccess = 0 } = watcher.status;
      await eventually(() => Date.now() > lastSuccess);
      const { version } = flags;
      open?.write(`${JSON.stringify({ type: 'BOOKMARK', object: double.object({}, '50') })}\n`);
      await eventually(() => (watcher.status.lastSuccess ?? 0) > lastSuccess);
      assert.equal([rate.get(), flags.version, watcher.state, watcher.status.revision], [20, version, 'live', '7']);
      assert.is(log.lists.length, 1);

      open?.destroy();
      await eventually(() => log.watches.length === 2, { withinMs: 10_000 });
      assert.equal(
        log.watches.map((watch) => watch.get('resourceVersion')),
        ['40', '60'],
      );
    } finally {
      await double.close();
    }
  });
});

/** Answers with a list that was read at a revision. */
function listAt(double: Double, resourceVersion: string): (response: ServerResponse) => void {
  return (response) => {
    const list = { kind: 'ConfigMapList', metadata: { resourceVersion }, items: [double.object()] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
  };
}
