// timeout: 180 s
import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { assert, describe } from '@flagz/test-runner';
import { type PrometheusServer, startPrometheus } from '@flagz/testbed-prometheus';
import { eventually } from '@flagz/testing';
import { type Service, startService } from './service.ts';

const run = promisify(execFile);
const PATIENT = { withinMs: 20_000, everyMs: 100 };
const file = (path: string): string => new URL(`../${path}`, import.meta.url).pathname;

/** Takes the PromQL out of a README: the blocks of that language, by the sentence's last line before each. */
async function documentedQueries(): Promise<string[]> {
  const readme = await readFile(file('README.md'), 'utf8');
  return [...readme.matchAll(/```promql\n([\s\S]*?)```/g)].map(([, query = '']) => query);
}

describe('a real Prometheus that scrapes two instances', (it) => {
  let one: Service;
  let two: Service;
  let prometheus: PrometheusServer;

  it.before(async () => {
    [one, two] = [await startService(), await startService()];
    prometheus = await startPrometheus([one.target, two.target], file('rules/flagz.yml'));
    await eventually(async () => (await prometheus.query('flagz_source_up == 1')).length === 2, PATIENT);
  });

  it.after(async () => {
    await prometheus[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
  });

  it('counts the instances that run each checksum', async () => {
    const query = 'count by (checksum) (flagz_checksum{type="dynamic"})';
    const checksum = one.flags.checksum('dynamic');
    assert.is(two.flags.checksum('dynamic'), checksum);
    assert.equal(await prometheus.query(query), [{ labels: { checksum }, value: 2 }]);
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
    const lagging = await eventually(async () => {
      const series = await prometheus.query(
        `bottomk by (job, set) (1, flagz_last_change_timestamp_seconds)
         and on (job, set) count by (job, set) (count by (job, set, checksum) (flagz_checksum{type="dynamic"})) > 1`,
      );
      return series.length === 1 && series;
    }, PATIENT);
    assert.is(lagging && lagging[0]?.labels['instance'], two.target);
    two.store.set('rate', '40');
    const query = 'count by (job, set) (count by (job, set, checksum) (flagz_checksum{type="dynamic"})) > 1';
    await eventually(async () => (await prometheus.query(query)).length === 0, PATIENT);
  });

  it('counts the refusals of the last five minutes', async () => {
    for (const bad of ['0', 'ten', '101']) two.store.set('rate', bad);
    const query = 'increase(flagz_rejections_total[5m]) > 0';
    await eventually(async () => (await prometheus.query(query)).length > 0, PATIENT);
    const refused = await prometheus.query(query);
    assert.equal(
      refused.map(({ labels }) => [labels['instance'], labels['source']]),
      [[two.target, 'store']],
    );
    assert.equal(
      (await prometheus.query('flagz_rejected_keys > 0')).map(({ labels }) => labels['instance']),
      [two.target],
    );
  });

  it('names the source that is stale', async () => {
    one.store.disconnect();
    await eventually(async () => (await prometheus.query('flagz_source_up == 0')).length > 0, PATIENT);
    const down = await prometheus.query('flagz_source_up == 0');
    assert.equal(
      down.map(({ labels }) => [labels['instance'], labels['set'], labels['source']]),
      [[one.target, 'checkout', 'store']],
    );
    one.store.reconnect();
    await eventually(async () => (await prometheus.query('flagz_source_up == 0')).length === 0, PATIENT);
  });

  it('understands every question of the dashboard and of the README', async () => {
    const dashboard = JSON.parse(await readFile(file('dashboards/flagz.json'), 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(expressions.length > 10);
    for (const expr of expressions) {
      await prometheus.query(expr.replaceAll(/\$(job|set)\b/g, '.*').replaceAll('$__rate_interval', '1m'));
    }
    const documented = await documentedQueries();
    assert.ok(documented.length >= 4);
    for (const query of documented) await prometheus.query(query);
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
