// timeout: 180 s
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { assert, describe } from '@flagz/test-runner';
import { type PrometheusServer, startPrometheus } from '@flagz/testbed-prometheus';
import { eventually } from '@flagz/testing';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { dashboardQueries, documentedQueries, file } from './queries.ts';
import { type Service, startService } from './service.ts';

const run = promisify(execFile);
const PATIENT = { withinMs: 20_000, everyMs: 100 };

/** Gives the query under a question of the README that holds these words. */
async function documented(words: string): Promise<string> {
  const [found] = [...(await documentedQueries())].filter(([question]) => question.includes(words));
  if (!found) throw new Error(`the README has no question "${words}"`);
  return found[1];
}

describe('a real Prometheus that scrapes two instances, one with each library', (it) => {
  let one: Service;
  let two: Service;
  let prometheus: PrometheusServer;

  it.before(async () => {
    one = await startService(new promClient.Registry());
    two = await startService(new successor.Registry());
    prometheus = await startPrometheus([one.target, two.target], file('rules/flagz.yml'));
    await eventually(async () => (await prometheus.query('flagz_source_up == 1')).length === 2, PATIENT);
  });

  it.after(async () => {
    await prometheus[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
  });

  it('counts the instances that run each checksum', async () => {
    const query = await documented('How many instances run each configuration?');
    const checksum = one.flags.checksum('dynamic');
    assert.is(two.flags.checksum('dynamic'), checksum);
    assert.equal(await prometheus.query(query), [{ labels: { set: 'checkout', checksum }, value: 2 }]);
    one.store.set('rate', '30');
    two.store.set('rate', '30');
    const next = one.flags.checksum('dynamic');
    await eventually(async () => {
      const series = await prometheus.query(query);
      return series.length === 1 && series[0]?.labels['checksum'] === next && series[0].value === 2;
    }, PATIENT);
  });

  it('names the instance that lags', async () => {
    one.store.set('rate', '40');
    const lags = await documented('Two instances differ: which one lags?');
    const lagging = await eventually(async () => {
      const series = await prometheus.query(lags);
      return series.length === 1 && series;
    }, PATIENT);
    assert.is(lagging && lagging[0]?.labels['instance'], two.target);
    two.store.set('rate', '40');
    await eventually(async () => (await prometheus.query(lags)).length === 0, PATIENT);
  });

  it('names the instances that run another configuration than most', async () => {
    const three = await startService(new promClient.Registry());
    await using _ = three;
    await using larger = await startPrometheus([one.target, two.target, three.target]);
    for (const { store } of [one, two]) store.set('rate', '45');
    const query = await documented('Which instances run another one than most?');
    const off = (): Promise<string[]> =>
      larger.query(query).then((series) => series.map(({ labels }) => labels['instance']!));
    await eventually(async () => (await off()).join() === three.target, PATIENT);
    three.store.set('rate', '45');
    await eventually(async () => (await off()).length === 0, PATIENT);
  });

  it('counts the refusals of the last five minutes', async () => {
    for (const bad of ['0', 'ten', '101']) two.store.set('rate', bad);
    const query = await documented('How many values were refused in five minutes?');
    await eventually(async () => {
      const [refused, ...others] = await prometheus.query(query);
      assert.equal(refused?.labels, { set: 'checkout', source: 'store' });
      assert.is(others.length, 0);
      // Prometheus extrapolates to the borders of the time that it looks at.
      return Math.floor(refused?.value ?? 0) === 3;
    }, PATIENT);
    assert.equal(
      (await prometheus.query('increase(flagz_rejections_total[5m]) > 0')).map(({ labels }) => labels['instance']),
      [two.target],
    );
    assert.equal(
      (await prometheus.query('flagz_rejected_keys > 0')).map(({ labels }) => labels['instance']),
      [two.target],
    );
  });

  it('names the source that is stale', async () => {
    one.store.disconnect();
    const query = await documented('Which source is not live?');
    await eventually(async () => (await prometheus.query(query)).length > 0, PATIENT);
    const down = await prometheus.query(query);
    assert.equal(
      down.map(({ labels }) => [labels['instance'], labels['set'], labels['source']]),
      [[one.target, 'checkout', 'store']],
    );
    one.store.reconnect();
    await eventually(async () => (await prometheus.query(query)).length === 0, PATIENT);
  });

  it('forgets a source that was stopped, and can still tell that it was', async () => {
    const query = await documented('Which source has an instance stopped following?');
    assert.equal(await prometheus.query(query), []);
    await one.watcher.stop();
    await eventually(async () => (await prometheus.query('flagz_source_up')).length === 1, PATIENT);
    assert.equal(await prometheus.query('flagz_source_up == 0'), []);
    assert.equal(
      (await prometheus.query(query)).map(({ labels }) => [labels['instance'], labels['set'], labels['source']]),
      [[one.target, 'checkout', 'store']],
    );
  });

  it('understands every question of the dashboard and of the README', async () => {
    const questions = [...(await dashboardQueries()), ...(await documentedQueries()).values()];
    assert.ok(questions.length > 15);
    for (const query of questions) await prometheus.query(query);
  });

  it('loads the rules', async () => {
    assert.equal(await prometheus.rules(), [
      'FlagzDrift',
      'FlagzSourceNotLive',
      'FlagzValuesRefused',
      'FlagzRollbackFlapping',
    ]);
  });
});

describe('rules/flagz.yml', (it) => {
  it('is accepted by promtool', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', file('rules/flagz.yml')]);
    assert.match(stdout, /SUCCESS: 4 rules found/);
  });

  it('fires when it should, by promtool', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', file('rules/flagz.test.yml')]);
    assert.match(stdout, /SUCCESS/);
  });
});
