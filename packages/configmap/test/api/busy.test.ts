import type { IncomingMessage } from 'node:http';
import { FlagSet, type Watcher, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import { retryAfterMs } from '../../src/api/retry-after.ts';
import { type Answer, Double } from './double.ts';

const NOW = Date.parse('Tue, 24 Nov 2026 10:00:00 GMT');
const ASKED_MS = 2_000;
/** A timer may be early by the rounding of two clocks. */
const LEAST_MS = ASKED_MS - 20;

const busy: Answer = (response) => {
  const status = { kind: 'Status', message: 'too many requests, please try again later' };
  response.writeHead(429, { 'retry-after': String(ASKED_MS / 1_000) }).end(JSON.stringify(status));
};

describe('retryAfterMs()', (it) => {
  const cases: readonly (readonly [status: number, header: string | undefined, ms: number])[] = [
    [429, '1', 1_000],
    [503, '7', 7_000],
    [429, '3600', 10_000],
    [429, '9'.repeat(400), 10_000],
    [503, 'Tue, 24 Nov 2026 10:00:03 GMT', 3_000],
    [503, 'Tue, 24 Nov 2026 11:00:00 GMT', 10_000],
    [503, 'Tue, 24 Nov 2026 09:00:00 GMT', 0],
    [429, '0', 0],
    [429, '-1', 0],
    [429, 'soon', 0],
    [429, '', 0],
    [429, undefined, 0],
    [403, '1', 0],
    [500, '1', 0],
  ];
  for (const [statusCode, header, ms] of cases) {
    const headers = header === undefined ? {} : { 'retry-after': header };
    it(`gives ${ms} for ${statusCode} with ${header?.slice(0, 40)}`, () =>
      assert.is(retryAfterMs({ statusCode, headers } as IncomingMessage, NOW), ms));
  }
});

describe('configMapApiSource: a server that has too much to do', (it) => {
  it('is left alone for as long as it asks, by all flag sets together', () =>
    withDouble(async (double, watch) => {
      const asked = spread(double.nextLists);
      const watchers = await Promise.all([watch(), watch(), watch()]);
      assert.ok(asked.afterMs >= LEAST_MS, `asked again after ${asked.afterMs} ms`);
      for (const { status } of watchers)
        assert.match(status.lastError?.message ?? '', /with status 429: too many requests/);
    }));

  it('is left alone for as long as it asks where it refuses a watch', () =>
    withDouble(async (double, watch) => {
      const asked = spread(double.nextWatches);
      await watch();
      assert.ok(asked.afterMs >= LEAST_MS, `asked again after ${asked.afterMs} ms`);
    }));

  it('does not hold up a stop', () =>
    withDouble(async (double, watch) => {
      double.nextLists.push(busy, busy);
      const watcher = await watch({ required: false });
      await eventually(() => watcher.status.restarts > 0, { withinMs: 10_000 });
      const before = performance.now();
      await watcher.stop();
      assert.ok(performance.now() - before < 1_000);
      assert.is(double.lists, 1);
    }));
});

/** Refuses the next two requests, and notes how long after the first one the second one came. */
function spread(next: Answer[]): { readonly afterMs: number } {
  const times: number[] = [];
  const refuse: Answer = (response, request) => {
    times.push(performance.now());
    busy(response, request);
  };
  next.push(refuse, refuse);
  return {
    get afterMs() {
      const [first = 0, second = 0] = times;
      return second - first;
    },
  };
}

async function withDouble(
  test: (double: Double, watch: (options?: { readonly required: boolean }) => Promise<Watcher>) => Promise<void>,
): Promise<void> {
  const double = await Double.start();
  const all: FlagSet[] = [];
  const kubeConfig = double.kubeConfig();
  try {
    await test(double, (options) => {
      const flags = new FlagSet('busy');
      flags.dynamic('rate', int, 10, 'A rate.');
      all.push(flags);
      return flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }), {
        backoff: { maxMs: 200 },
        startTimeoutMs: 20_000,
        ...options,
      });
    });
  } finally {
    for (const watcher of all.flatMap((flags) => flags.watchers)) await watcher.stop();
    await double.close();
  }
}
