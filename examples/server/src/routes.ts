import type { Snapshot } from '@flagz/core';
import { enabledFeatures, flags, greeting, recommendationsEnabled, searchRolloutPercent } from './flags.ts';
import { homePage } from './home-page.ts';
import { placeInRollout } from './rollout.ts';

/** Is what a route answers: text is HTML, everything else JSON. */
export interface Reply {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the requests of one path. */
export interface Route {
  /** @param values is what all flags were when the request came: one request never sees two versions. */
  answer(url: URL, values: Snapshot): Reply;
  /** Whether rate_limiting_config counts its requests. */
  readonly limited: boolean;
}

/** Lists the routes by their path. */
export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', { answer: (_url, values) => ok(homePage(values.get(greeting))), limited: false }],
  ['/values', { answer: showValues, limited: false }],
  ['/search', { answer: search, limited: true }],
  ['/recommendations', { answer: recommend, limited: true }],
  ['/healthz', { answer: () => ok({ status: 'ok' }), limited: false }],
  ['/readyz', { answer: showReadiness, limited: false }],
]);

/** Shows canonical texts; `info()` redacts those that are sensitive. */
function showValues(_url: URL, { version }: Snapshot): Reply {
  const texts = Array.from(flags, (flag) => [flag.name, flag.info().value] as const);
  return ok({ ...Object.fromEntries(texts), version });
}

function search({ searchParams }: URL, values: Snapshot): Reply {
  const user = searchParams.get('user');
  if (!user) return failed(400, 'say who searches: /search?user=NAME');
  const fast =
    values.get(enabledFeatures).has('fast_index') && placeInRollout('search', user) < values.get(searchRolloutPercent);
  return ok({ index: fast ? 'fast' : 'plain', user });
}

function recommend(_url: URL, values: Snapshot): Reply {
  if (values.get(recommendationsEnabled)) return ok(['a lever', 'a dial', 'a switch']);
  return failed(503, 'the flag recommendations_enabled switches this off');
}

function showReadiness(): Reply {
  const notLive = flags.watchers
    .filter(({ state }) => state !== 'live')
    .map(({ source, state, status }) => ({ source, state, reason: status.lastError?.message }));
  return { status: notLive.length === 0 ? 200 : 503, body: { ready: notLive.length === 0, not_live: notLive } };
}

/** Makes the reply to a request that cannot be fulfilled. */
export function failed(status: number, error: string, headers: Reply['headers'] = {}): Reply {
  return { status, body: { error }, headers };
}

function ok(body: string | object): Reply {
  return { status: 200, body };
}
