import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import type { KubeConfig } from '@kubernetes/client-node';
import { kubeconfigText } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert, describe, rejects } from '@flagz/test-runner';
import { credentialsOf } from '../../src/api/credentials.ts';
import { withoutCredentials } from '../../src/api/kube-config.ts';
import { type TempDir, tempDir } from '../temp-dir.ts';
import { type Answer, Double, openWatch } from './double.ts';

/** Nothing listens there. */
const server = 'https://127.0.0.1:1';
/** Says its process id, and hangs, as does a child of its own that holds on to its pipes. */
const HANGING = 'sleep 20 & echo $! > "$0.child"; echo $$ > "$0.tmp"; mv "$0.tmp" "$0"; wait';

describe('an exec plugin', (it) => {
  // The first test of the file: nobody has imported client-node yet.
  it('is not started any more after a stop() while client-node was being imported', async () => {
    using dir = tempDir();
    let started = 0;
    const count = (): void => void started++;
    subscribe('child_process', count);
    try {
      const flags = new FlagSet('stopped');
      const watcher = await flags.watch(sourceOf(dir, ['true']), { required: false });
      const until = Date.now() + 100;
      await eventually(() => Date.now() >= until, { everyMs: 5 });
      await watcher.stop();
      await import('@kubernetes/client-node');
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      assert.is(started, 0);
      await rejects(credentialsOf(await configOf(['true']), AbortSignal.abort(new Error('stopped'))), /^stopped$/);
      assert.is(started, 0);
    } finally {
      unsubscribe('child_process', count);
    }
  });

  it('is ended by stop(), and holds nobody up, nor do its own children', async () => {
    using dir = tempDir();
    const pidFile = dir.join('pid');
    const before = held();
    const flags = new FlagSet('hanging');
    const watcher = await flags.watch(sourceOf(dir, ['sh', '-c', HANGING, pidFile]), { required: false });
    try {
      await eventually(() => existsSync(pidFile), { withinMs: 20_000 });
      // Rejects where the source does not end in time.
      await watcher.stop();
      await eventually(() => !lives(pidFile));
      await eventually(() => held() <= before);
    } finally {
      endChildOf(pidFile);
    }
  });

  it('is ended when it thinks for too long, and named', async () => {
    using dir = tempDir();
    const pidFile = dir.join('pid');
    const attempt = credentialsOf(await configOf(['sh', '-c', HANGING, pidFile]), new AbortController().signal, 2_000);
    try {
      await rejects(attempt, /^the exec plugin "sh" took more than 2000 ms; run it by hand$/);
      // A machine that is busy may not have come to start it within its time.
      await eventually(() => !existsSync(pidFile) || !lives(pidFile));
    } finally {
      endChildOf(pidFile);
    }
  });

  it('is named when the start times out on it', async () => {
    using dir = tempDir();
    const watching = new FlagSet('late').watch(sourceOf(dir, ['sleep', '20']), { startTimeoutMs: 3_000 });
    await rejects(
      watching,
      /not loaded within 3000 ms; last error: .*: it was still waiting for the exec plugin "sleep"/,
    );
  });

  it('says what went wrong, without what it printed', async () => {
    const outcome = async (exec: readonly string[]): Promise<string> =>
      credentialsOf(await configOf(exec), new AbortController().signal).then(
        () => 'credentials',
        (error: unknown) => (error as Error).message,
      );
    const said = 'the exec plugin "sh" gave no credentials:';
    assert.is(await outcome(['sh', '-c', 'echo "log in first" >&2; exit 3']), `${said} log in first; run it by hand`);
    assert.is(await outcome(['sh', '-c', 'exit 3']), `${said} it failed without a word; run it by hand`);
    assert.is(await outcome(['sh', '-c', 'echo t0psecret']), `${said} it printed what is not JSON; run it by hand`);
    assert.match(await outcome(['/nowhere/plugin']), /the exec plugin "\/nowhere\/plugin" gave no .*ENOENT/);
  });
});

describe('an exec plugin of a kubeconfig', (it) => {
  it('is asked once while the server is away, once more when its token is unknown, and when the file says something else', async () => {
    using dir = tempDir();
    const [script, credential, runs] = [dir.join('plugin'), dir.join('credential'), dir.join('runs')];
    writeFileSync(script, `echo x >> ${runs}; cat ${credential}`);
    const double = await Double.start();
    const flags = new FlagSet('shop');
    const asked = (): number => readFileSync(runs, 'utf8').split('x').length - 1;
    const give = (token: string): void => {
      const status = { token, expirationTimestamp: '2099-01-01T00:00:00Z' };
      const apiVersion = 'client.authentication.k8s.io/v1';
      writeFileSync(credential, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
    };
    try {
      give('one');
      Object.assign(double, { token: 'one', data: { rate: '20' } });
      const gone: Answer = (response) => void response.socket?.destroy();
      const busy: Answer = (response) => void response.writeHead(503).end();
      double.nextLists.push(gone, busy, gone, busy, gone);
      const kubeConfig = double.kubeConfig({ token: '', exec: ['sh', script] });
      const rate = flags.dynamic('rate', int, 10, 'A rate.');
      let open: ServerResponse | undefined;
      const lastsUntilCut: Answer = (response) => openWatch((open = response));
      double.nextWatches.push(lastsUntilCut);
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
      const watcher = await flags.watch(source, { backoff: { maxMs: 200 }, startTimeoutMs: 20_000 });
      assert.equal([watcher.status.restarts >= 3, asked()], [true, 1]);

      for (const [change, value, times] of [
        [() => give('two'), 30, 2],
        [() => void double.kubeConfig({ token: '', exec: ['sh', script, 'again'] }), 40, 3],
      ] as const) {
        change();
        Object.assign(double, { token: 'two', data: { rate: String(value) } });
        double.nextWatches.push(lastsUntilCut);
        open?.destroy();
        await eventually(() => rate.get() === value && watcher.state === 'live', { withinMs: 15_000 });
        assert.is(asked(), times);
      }
    } finally {
      for (const watcher of flags.watchers) await watcher.stop();
      await double.close();
    }
  });
});

describe('an exec plugin of a KubeConfig object', (it) => {
  it('is asked again when its token was revoked before its time, each time, and not more often', async () => {
    using dir = tempDir();
    const [script, credential, runs] = [dir.join('plugin'), dir.join('credential'), dir.join('runs')];
    writeFileSync(script, `echo x >> ${runs}; cat ${credential}`);
    const double = await Double.start();
    const flags = new FlagSet('shop');
    try {
      let open: ServerResponse | undefined;
      const give = (token: string, rate: string): void => {
        const status = { token, expirationTimestamp: '2099-01-01T00:00:00Z' };
        const apiVersion = 'client.authentication.k8s.io/v1';
        writeFileSync(credential, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
        Object.assign(double, { token, data: { rate } });
        double.nextWatches.push((response) => openWatch((open = response)));
        open?.destroy();
      };
      give('one', '20');
      const { KubeConfig } = await import('@kubernetes/client-node');
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromFile(double.kubeConfig({ token: '', exec: ['sh', script] }));
      const rate = flags.dynamic('rate', int, 10, 'A rate.');
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
      const watcher = await flags.watch(source, { backoff: { maxMs: 200 } });
      for (const [token, value] of [
        ['one', 20],
        ['two', 30],
        ['three', 40],
        ['three', 50],
      ] as const) {
        if (value > 20) give(token, String(value));
        await eventually(() => rate.get() === value && watcher.state === 'live', { withinMs: 15_000 });
      }
      assert.is(readFileSync(runs, 'utf8'), 'x\n'.repeat(3));
    } finally {
      for (const watcher of flags.watchers) await watcher.stop();
      await double.close();
    }
  });

  it('is asked again when it has printed no credential once, in the middle of its life', async () => {
    using dir = tempDir();
    const credential = dir.join('credential');
    const double = await Double.start();
    const flags = new FlagSet('shop');
    try {
      const give = (value: object): void => writeFileSync(credential, JSON.stringify(value));
      const good = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
      // An expired credential is asked for at each connect.
      const expirationTimestamp = '2001-01-01T00:00:00Z';
      give({ ...good, status: { token: 'one', expirationTimestamp } });
      Object.assign(double, { token: 'one', data: { rate: '20' } });
      let open: ServerResponse | undefined;
      double.nextWatches.push((response) => openWatch((open = response)));
      const { KubeConfig } = await import('@kubernetes/client-node');
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromFile(double.kubeConfig({ token: '', exec: ['cat', credential] }));
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
      const watcher = await flags.watch(source, { backoff: { maxMs: 200 } });
      give({ kind: 'Status' });
      open?.destroy();
      const said = /"cat" gave no credentials: it printed no credential/;
      await eventually(() => said.test(watcher.status.lastError?.message ?? ''), { withinMs: 15_000 });
      give({ ...good, status: { token: 'one', expirationTimestamp } });
      await eventually(() => watcher.state === 'live', { withinMs: 15_000 });
    } finally {
      for (const watcher of flags.watchers) await watcher.stop();
      await double.close();
    }
  });

  it('is left alone where the KubeConfig has none, or has ways of its own', async () => {
    const { signal } = new AbortController();
    const { KubeConfig } = await import('@kubernetes/client-node');
    const plain = await configOf(['true']);
    const copy = await withoutCredentials(plain, signal);
    assert.is.not(copy, plain);
    assert.equal(
      [copy.getCurrentUser(), copy.getCurrentCluster()],
      [plain.getCurrentUser(), plain.getCurrentCluster()],
    );
    class Own extends KubeConfig {}
    const overridden = Object.assign(new KubeConfig(), { applyToHTTPSOptions: async () => {} });
    const text = { plugin: kubeconfigText({ server, exec: ['true'] }), token: kubeconfigText({ server, token: 'x' }) };
    for (const [config, content] of [
      [new Own(), text.plugin],
      [overridden, text.plugin],
      [new KubeConfig(), text.token],
    ] as const) {
      config.loadFromString(content);
      assert.is(await withoutCredentials(config, signal), config);
    }
  });
});

/** Counts the child processes and pipes that keep this process alive. */
function held(): number {
  return process.getActiveResourcesInfo().filter((name) => /Process|Pipe/.test(name)).length;
}

function sourceOf(dir: TempDir, exec: readonly string[]): ReturnType<typeof configMapApiSource> {
  const kubeConfig = dir.join('kubeconfig');
  writeFileSync(kubeConfig, kubeconfigText({ server, exec }));
  return configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
}

async function configOf(exec: readonly string[]): Promise<KubeConfig> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  config.loadFromString(kubeconfigText({ server, exec }));
  return config;
}

function lives(pidFile: string): boolean {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

/** The child of a child that was killed ends with its test. */
function endChildOf(pidFile: string): void {
  const path = `${pidFile}.child`;
  if (existsSync(path)) process.kill(Number(readFileSync(path, 'utf8')));
}
