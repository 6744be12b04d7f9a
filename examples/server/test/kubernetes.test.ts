// timeout: 180 s
import { type TestBody, assert, describe } from '@flagz/test-runner';
import { Cluster, Namespace, givenKubeconfig, missingForCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { Program, running } from './program.ts';

const foreign = givenKubeconfig() && 'needs a cluster of its own, FLAGZ_TEST_KUBECONFIG names another';
const missing = missingForCluster() ?? foreign;
if (missing && !foreign && process.env['CI']) throw new Error(missing);

describe('the service in Kubernetes', (it) => {
  let cluster: Cluster;
  let namespace: Namespace;
  const test = (title: string, run: TestBody): void => {
    if (missing) it.skip(title, missing, run);
    else it(title, run);
  };
  it.before(async () => {
    if (missing) return;
    cluster = await Cluster.start();
    namespace = await new Namespace(cluster.api).create();
  });
  it.after(async () => {
    await namespace?.remove();
    await cluster?.close();
  });

  test('follows --configmap within 50 ms, through a kill -9 of the API server and back', async () => {
    await namespace.putConfigMap('demo', { data: { greeting: 'one' } });
    await running(
      ['--configmap', `${namespace.name}/demo`, '--kubeconfig', cluster.adminKubeconfig(), '--start_timeout', '60s'],
      async (program) => {
        assert.is((await program.values())['greeting'], 'one');
        const tookMs: number[] = [];
        for (let change = 1; change <= 10; change++) {
          await namespace.patchConfigMap('demo', { greeting: `changed ${change}` });
          const accepted = performance.now();
          await eventually(() => program.events('change', 'greeting').length === change + 1, { everyMs: 1 });
          tookMs.push(performance.now() - accepted);
        }
        // The middle one: this machine runs other tests beside this one.
        const middle = tookMs.sort((left, right) => left - right)[5] ?? 0;
        assert.ok(middle <= 50, `took ${middle} ms`);

        await cluster.server.kill();
        await eventually(() => program.events('watcher').some((line) => line['state'] === 'stale'));
        assert.is((await program.values())['greeting'], 'changed 10');
        await cluster.server.start();
        await namespace.patchConfigMap('demo', { greeting: 'after' });
        await eventually(async () => (await program.values())['greeting'] === 'after', { withinMs: 15_000 });
      },
    );
  });

  test('says exactly what is missing where the Role lacks watch', async () => {
    await namespace.createServiceAccount('halfway');
    await namespace.grant('halfway', { verbs: ['get', 'list'], resourceNames: ['demo'] });
    const kubeConfig = cluster.writeKubeconfig('halfway', { token: await namespace.token('halfway') });
    const args = [
      '--port',
      '0',
      '--configmap',
      `${namespace.name}/demo`,
      '--kubeconfig',
      kubeConfig,
      '--start_timeout',
      '60s',
    ];
    const program = new Program(args);
    assert.is(await program.ended, 1);
    assert.match(
      program.stderr,
      /^error: source "configmap \S+\/demo": \S+:halfway may not watch ConfigMap "demo" .* a Role with verbs/,
    );
    assert.is(program.stderr.trim().split('\n').length, 1);
  });

  test('refuses a --configmap that is no namespace/name', async () => {
    const program = new Program(['--port', '0', '--configmap', 'demo']);
    assert.is(await program.ended, 1);
    assert.match(program.stderr, /configmap.*must match/);
  });
});
