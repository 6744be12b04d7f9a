import { readFile } from 'node:fs/promises';

/** Finds a file of this package. */
export function file(path: string): string {
  return new URL(`../${path}`, import.meta.url).pathname;
}

/** Gives the README's questions, by the sentence that asks each. */
export async function documentedQueries(): Promise<ReadonlyMap<string, string>> {
  const readme = await readFile(file('README.md'), 'utf8');
  return new Map(
    Array.from(readme.matchAll(/^(.+\?)\n\n```promql\n([\s\S]*?)```/gm), ([, question = '', query = '']) => [
      question,
      query,
    ]),
  );
}

/** Gives the dashboard's questions, with something in place of its variables. */
export async function dashboardQueries(): Promise<readonly string[]> {
  const { panels, templating } = JSON.parse(await readFile(file('dashboards/flagz.json'), 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    readonly templating: { readonly list: readonly { readonly type: string; readonly definition?: string }[] };
  };
  const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const variables = templating.list.flatMap(
    ({ definition = '' }) => /^label_values\((.*), \w+\)$/.exec(definition)?.[1] ?? [],
  );
  return [...asked, ...variables].map((expr) =>
    expr.replaceAll(/\$(job|set)\b/g, '.*').replaceAll('$__rate_interval', '1m'),
  );
}

/** Gives the expressions of the alerts. */
export async function alertQueries(): Promise<readonly string[]> {
  const rules = await readFile(file('rules/flagz.yml'), 'utf8');
  return Array.from(rules.matchAll(/^ +expr: (.+)$/gm), ([, query = '']) => query);
}
