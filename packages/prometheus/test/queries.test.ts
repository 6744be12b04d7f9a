import { FlagSet, type Source, int } from '@flagz/core';
import { collectFlagz } from '@flagz/prometheus';
import { assert, describe } from '@flagz/test-runner';
import { Registry } from 'prom-client';
import { alertQueries, dashboardQueries, documentedQueries } from './queries.ts';

/** What Prometheus adds to every series. */
const ADDED = ['job', 'instance'];

/** Gives the metrics with their labels, as a flag set shows them to which everything has happened. */
async function shown(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const register = new Registry();
  const flags = new FlagSet('s');
  flags.dynamic('rate', int, 10, 'Rate.');
  collectFlagz(flags, { register });
  const source: Source = {
    name: 'etcd',
    async watch(sink) {
      sink.replace([['rate', '20']]);
      sink.rolledBack({ flag: 'rate', revision: '2', outcome: 'reverted' });
    },
  };
  await using _ = await flags.watch(source);
  const metrics = await register.getMetricsAsJSON();
  return new Map(
    metrics.map(({ name, values }) => [name, new Set(values.flatMap(({ labels }) => Object.keys(labels)))]),
  );
}

/** Lists the names of labels that a query selects by, matches on, or groups by. */
function labelsIn(query: string): readonly string[] {
  const selected = [...query.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
  const grouped = [...query.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(', '),
  );
  return [...selected, ...grouped];
}

describe('the questions', (it) => {
  for (const [where, queries] of Object.entries({
    'of the README': async () => [...(await documentedQueries()).values()],
    'of the dashboard': dashboardQueries,
    'behind the alerts': alertQueries,
  })) {
    it(`${where} ask for metrics and labels that exist`, async () => {
      const metrics = await shown();
      const asked = await queries();
      assert.ok(asked.length >= 4);
      for (const query of asked) {
        const names = query.match(/\bflagz_\w+/g) ?? [];
        assert.ok(names.length > 0, query);
        const labels = new Set(ADDED);
        for (const name of names) {
          assert.ok(metrics.has(name), `${query}: there is no metric ${name}`);
          for (const label of metrics.get(name) ?? []) labels.add(label);
        }
        for (const label of labelsIn(query)) assert.ok(labels.has(label), `${query}: there is no label ${label}`);
      }
    });
  }

  it('compare dynamic flags: static ones differ by design', async () => {
    const documented = [...(await documentedQueries())]
      .filter(([question]) => !question.includes('static'))
      .map(([, query]) => query);
    const asked = [...documented, ...(await dashboardQueries()), ...(await alertQueries())];
    const comparing = asked.filter((query) => /by \([^)]*\bchecksum\)/.test(query));
    assert.ok(comparing.length >= 7);
    for (const query of comparing) {
      for (const [selected] of query.matchAll(/flagz_checksum(?:{[^}]*})?/g)) assert.match(selected, 'type="dynamic"');
    }
  });

  it('of the dashboard ask for every metric', async () => {
    const asked = (await dashboardQueries()).join('\n');
    const left = [...(await shown()).keys()].filter((name) => !new RegExp(`\\b${name}\\b`).test(asked));
    assert.equal(left, []);
  });
});
