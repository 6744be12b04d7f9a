import { rmSync, writeFileSync } from 'node:fs';
import { FlagSet, type Source, type SourceSink, type WatchOptions, type Watcher, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import type { KubeconfigOptions } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { tempDir } from '../temp-dir.ts';
import { type Answer, Double } from './double.ts';

/** Longer than refusals have to last for a start to fail, in milliseconds. */
const LONG_MS = 2_500;
const STATUS = { kind: 'Status', message: 'User "shop" cannot list resource "configmaps"' };
const CREDENTIAL = JSON.stringify({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token: 'x' },
});

const refuse: Answer = (response) => void response.writeHead(403).end(JSON.stringify(STATUS));

/** Starts on a double, and gives the watcher's restarts. */
async function start(prepare: (double: Double) => void): Promise<number> {
  const double = await Double.start();
  try {
    prepare(double);
    const flags = new FlagSet('refused');
    flags.dynamic('rate', int, 10, 'A rate.');
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: double.kubeConfig() });
    await using watcher = await flags.watch(source, { backoff: { maxMs: 200 }, startTimeoutMs: 20_000 });
    return watcher.status.restarts;
  } finally {
    await double.close();
  }
}

/** Refuses once, answers otherwise for a long while, refuses once more. */
function refuseTwice(double: Double, kind: 'nextLists' | 'nextWatches', between: Answer): void {
  let until = 0;
  const next = double[kind];
  const goOn: Answer = (response, request) => {
    until ||= Date.now() + LONG_MS;
    next.unshift(Date.now() < until ? goOn : refuse);
    between(response, request);
  };
  next.push(refuse, goOn);
}

describe('configMapApiSource: a start that is refused', (it) => {
  const between: Readonly<Record<string, Answer>> = {
    'connections that break': (response) => void response.socket?.destroy(),
    'an answer that is no refusal': (response) => void response.writeHead(503).end(),
  };
  for (const [what, answer] of Object.entries(between)) {
    for (const kind of ['nextLists', 'nextWatches'] as const) {
      it(`waits on when ${what} came between two refusals of ${kind === 'nextLists' ? 'list' : 'watch'}`, async () => {
        assert.ok((await start((double) => refuseTwice(double, kind, answer))) >= 3);
      });
    }
  }

  it('waits on when lists that break off came between two refusals of watch', async () => {
    const breaks: Answer = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{', () => response.socket?.destroy());
    };
    const restarts = await start((double) => {
      let until = 0;
      const breakOn: Answer = (response, request) => {
        until ||= Date.now() + LONG_MS;
        if (Date.now() < until) double.nextLists.unshift(breakOn);
        breaks(response, request);
      };
      double.nextWatches.push((response, request) => {
        double.nextLists.push(breakOn);
        refuse(response, request);
      }, refuse);
    });
    assert.ok(restarts >= 3);
  });

  it('fails where all that is answered between refusals of watch is that it may list', async () => {
    await rejects(
      start((double) => void double.nextWatches.push(...Array.from({ length: 1_000 }, () => refuse))),
      /shop may not watch ConfigMap "flags"/,
    );
  });

  it('fails where refusals of list last', async () => {
    await rejects(
      start((double) => void double.nextLists.push(...Array.from({ length: 1_000 }, () => refuse))),
      /shop may not list ConfigMap "flags"/,
    );
  });
});

describe('configMapApiSource: a source that is watched again', (it) => {
  it('counts no refusal from before its stop()', async () => {
    using temp = tempDir();
    const hangs = temp.join('hangs');
    const exec = ['sh', '-c', '[ -e "$0" ] && exec sleep 20; echo "$1"', hangs, CREDENTIAL];
    await again({ exec }, async (double, watch) => {
      double.nextLists.push((response, request) => {
        writeFileSync(hangs, '');
        refuse(response, request);
      });
      const watcher = await watch({ required: false, backoff: { maxMs: 200 } });
      await eventually(() => watcher.status.restarts > 0, { withinMs: 10_000 });
      await watcher.stop();
      rmSync(hangs);
      await passed(LONG_MS);
    });
  });

  it('counts none either where it was stopped before its next attempt had begun', async () => {
    await again({}, async (double, _, source) => {
      double.nextLists.push(refuse);
      const sink = { flags: () => [], report: () => {} } as unknown as SourceSink;
      await rejects(source.watch(sink, new AbortController().signal), /may not list ConfigMap "flags"/);
      await source.watch(sink, AbortSignal.abort()).catch(() => {});
      await passed(LONG_MS);
    });
  });

  it('counts none either where it waited for its next attempt when it was stopped', async () => {
    await again({}, async (double, watch) => {
      double.nextLists.push(refuse);
      const watcher = await watch({ required: false, backoff: { minMs: 60_000, maxMs: 60_000 } });
      await eventually(() => watcher.status.lastError !== undefined, { withinMs: 10_000 });
      await watcher.stop();
      await passed(2 * LONG_MS);
    });
  });

  it('counts none of a start that has failed, also at once', async () => {
    await again({}, async (double, watch) => {
      double.nextLists.push(...Array.from({ length: 1_000 }, () => refuse));
      await rejects(watch({ backoff: { maxMs: 200 } }), /may not list ConfigMap "flags"/);
      double.nextLists.length = 0;
    });
  });
});

describe('configMapApiSource: a start as nobody', (it) => {
  const anonymous = 'configmaps "flags" is forbidden: User "system:anonymous" cannot list resource "configmaps"';
  const nothingSent =
    "no credentials were sent: the kubeconfig's user has none that is understood (token, client certificate, exec, …, and tokenFile where the option kubeConfig is a path); give it some";
  const unknown = 'its token or certificate is unknown, expired or revoked; renew it';
  const cases: readonly (readonly [status: number, user: Partial<KubeconfigOptions>, words: string, todo: string])[] = [
    [401, { token: '' }, 'Unauthorized', nothingSent],
    [403, { token: '' }, anonymous, nothingSent],
    [403, { token: 'x' }, anonymous, unknown],
    [401, { token: 'x' }, 'Unauthorized', unknown],
  ];
  for (const [status, user, message, todo] of cases) {
    const what = user.token === '' ? 'nothing was sent' : 'what was sent is unknown';
    it(`says that ${what}, and advises no Role, where the answer is ${status}`, async () => {
      const double = await Double.start();
      try {
        const refuseNobody: Answer = (response) =>
          void response.writeHead(status).end(JSON.stringify({ kind: 'Status', message }));
        double.nextLists.push(...Array.from({ length: 1_000 }, () => refuseNobody));
        const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: double.kubeConfig(user) });
        const error = await rejects(new FlagSet('nobody').watch(source, { backoff: { maxMs: 200 } }), /does not know/);
        const said = `the API server does not know who asks to list ConfigMap "flags" in namespace "shop" (${status}): ${todo}`;
        assert.is(error.message, `source "configmap shop/flags": ${said}`);
      } finally {
        await double.close();
      }
    });
  }
});

/** Watches a source again, which is refused once more and then loads. */
async function again(
  user: Partial<KubeconfigOptions>,
  before: (double: Double, watch: (options: WatchOptions) => Promise<Watcher>, source: Source) => Promise<void>,
): Promise<void> {
  const double = await Double.start();
  const flags = new FlagSet('again');
  try {
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: double.kubeConfig(user) });
    await before(double, (options) => flags.watch(source, options), source);
    double.nextLists.push(refuse);
    await flags.watch(source, { backoff: { maxMs: 200 }, startTimeoutMs: 20_000 });
  } finally {
    for (const watcher of flags.watchers) await watcher.stop();
    await double.close();
  }
}

async function passed(ms: number): Promise<void> {
  const until = Date.now() + ms;
  await eventually(() => Date.now() > until, { withinMs: 2 * ms });
}
