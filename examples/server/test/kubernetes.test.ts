// timeout: 180 s
import { type TestBody, assert, describe } from '@flagz/test-runner';
import { Cluster, type ClusterNeeds, Namespace, whyNoCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { Program, running } from './program.ts';

const TRIES = 3;

describe('the service in Kubernetes', (it) => {
  let cluster: Cluster;
  let namespace: Namespace;
  const test = (title: string, run: TestBody, needs?: ClusterNeeds): void => {
    const missing = whyNoCluster(needs);
    if (missing) it.skip(title, missing, run);
    else it(title, run);
  };
  const options = (name: string): readonly string[] => [
    '--configmap',
    `${namespace.name}/${name}`,
    '--kubeconfig',
    cluster.adminKubeconfig(),
    '--start_timeout',
    '60s',
  ];
  it.before(async () => {
    if (whyNoCluster()) return;
    cluster = await Cluster.start();
    namespace = await new Namespace(cluster.api).create();
  });
  it.after(async () => {
    await namespace?.remove();
    await cluster?.close();
  });

  test('follows --configmap within 50 ms', async () => {
    await namespace.putConfigMap('quick', { data: { greeting: 'one' } });
    await running(options('quick'), async (program) => {
      assert.is((await program.values())['greeting'], 'one');
      let changes = 0;
      // The middle one of ten, and another ten where the machine was busy with other tests: it can, that is the point.
      const middles: number[] = [];
      do {
        const tookMs: number[] = [];
        for (let change = 1; change <= 10; change++) {
          const greeting = `changed ${++changes}`;
          await namespace.patchConfigMap('quick', { greeting });
          const accepted = performance.now();
          const told = (): boolean => program.events('change', 'greeting').some(({ next }) => next === greeting);
          await eventually(told, { everyMs: 1 });
          tookMs.push(performance.now() - accepted);
        }
        middles.push(tookMs.toSorted((left, right) => left - right)[5] ?? 0);
      } while ((middles.at(-1) ?? 0) > 50 && middles.length < TRIES);
      assert.ok((middles.at(-1) ?? 0) <= 50, `took ${middles.join(', ')} ms`);
    });
  });

  test(
    'follows --configmap through a kill -9 of the API server and back',
    async () => {
      await namespace.putConfigMap('demo', { data: { greeting: 'before' } });
      await running(options('demo'), async (program) => {
        await cluster.server.kill();
        await eventually(() => program.events('watcher').some((line) => line['state'] === 'stale'));
        assert.is((await program.values())['greeting'], 'before');
        await cluster.server.start();
        await namespace.patchConfigMap('demo', { greeting: 'after' });
        await eventually(async () => (await program.values())['greeting'] === 'after', { withinMs: 15_000 });
      });
    },
    { own: true },
  );

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

  it('refuses a --configmap that is no namespace/name', async () => {
    const program = new Program(['--port', '0', '--configmap', 'demo']);
    assert.is(await program.ended, 1);
    assert.match(program.stderr, /configmap.*must match/);
  });
});
