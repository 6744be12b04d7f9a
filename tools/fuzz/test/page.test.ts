// timeout: 300 s
import { DynamicFlag, FlagSet, inRange, int, json, string, stringSet } from '@flagz/core';
import { flagzFetchHandler } from '@flagz/debug-http';
import { assertNoFault, hostileJson, hostileText, tryAllAsync, watched } from '@flagz/fuzz';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';

const PAGE = 'http://service.test/debug/flagz';
/** Far more than a page of five flags needs, whatever is asked of it. */
const LONGEST_ANSWER = 200_000;
/** What stands in the answers of a service that is well; 503 is for live pages without end, which are closed here. */
const STATUSES = [200, 303, 304, 400, 403, 404, 405, 406, 409, 413, 414, 415, 422];

const FORM = 'application/x-www-form-urlencoded';
const names = fc.oneof(fc.constantFrom('rate', 'label', 'names', 'tree', 'secret', 'port'), hostileText);
const words = fc.oneof(
  fc.constantFrom(
    'json',
    'html',
    'yaml',
    'dynamic',
    'static',
    'true',
    'set',
    'check',
    'reset',
    '5',
    '2h',
    '1',
    '{"a":2}',
    '',
  ),
  names,
  hostileText,
);
const keys = fc.oneof(
  fc.constantFrom('format', 'type', 'only_changed', 'q', 'flag', 'said', 'fragment', 'asset', 'live', '__proto__'),
  hostileText,
);
const query = fc.oneof(
  fc.array(fc.tuple(keys, words), { maxLength: 4 }).map((pairs) => new URLSearchParams(pairs).toString()),
  hostileText.map((text) => text.replaceAll('#', '')),
);
const RANGES = [
  'text/html', 'application/json', 'application/yaml', 'text/plain', '*/*', '*', 'application/*', ';', ',', ';q=', '0.5', '1e9', 'NaN',
  ';as=Flagz', ';g=config.k8s.io', ';v=v1alpha1', ';v=v1beta1', ';stream=', ';sv=2', '"', '=', ' ',
]; // prettier-ignore
const accept = fc.oneof(
  fc.array(fc.constantFrom(...RANGES), { maxLength: 12 }).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom(...RANGES), fc.integer({ min: 1, max: 3_000 }))
    .map(([range, times]) => `${range},`.repeat(times)),
  hostileText,
);
const header = fc.oneof(
  fc.tuple(fc.constant('accept'), accept),
  fc.tuple(
    fc.constantFrom('if-none-match', 'last-event-id'),
    fc.oneof(fc.constantFrom('*', 'W/"', '"1-2"', ',,,'), hostileText),
  ),
  fc.tuple(
    fc.constant('origin'),
    fc.oneof(fc.constantFrom('http://service.test', 'null', 'http://evil.test'), hostileText),
  ),
  fc.tuple(fc.constant('sec-fetch-site'), fc.oneof(fc.constantFrom('same-origin', 'none', 'cross-site'), hostileText)),
  fc.tuple(
    fc.constant('content-type'),
    fc.oneof(fc.constantFrom(FORM, 'application/json', 'application/json;x'), hostileText),
  ),
  fc.tuple(fc.constant('cookie'), hostileText),
);
const field = fc.constantFrom('flag', 'value', 'action', 'ttl', 'token', '__proto__');
const form = fc
  .array(fc.tuple(fc.oneof(field, hostileText), words), { maxLength: 6 })
  .map((pairs) => new URLSearchParams(pairs).toString());
const order = fc.record({ flag: names, value: words, action: words, ttl: words }, { requiredKeys: ['flag'] });
const body = fc.oneof(
  form.map((text) => ({ type: FORM, text })),
  order.map((fields) => ({ type: 'application/json', text: JSON.stringify(fields) })),
  hostileJson(['flag', 'value', 'action', 'ttl'], [words]).map((value) => ({
    type: 'application/json',
    text: JSON.stringify(value),
  })),
  hostileText.map((text) => ({ type: 'application/json', text })),
);
const request = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'PROPFIND'),
  query,
  headers: fc.array(header, { maxLength: 4 }),
  body,
  /** Whether the form has the token of the page of this flag. */
  token: fc.option(names, { nil: undefined }),
});

function makeFlags(): FlagSet {
  const flags = new FlagSet('fuzz');
  flags.dynamic('rate', watched(int), 1, 'x').withValidator(inRange(0, 1_000));
  flags.dynamic('label', watched(string), '', 'x');
  flags.dynamic('names', watched(stringSet), new Set(['a']), 'x');
  flags.dynamic('tree', watched(json()), { a: 1 }, 'x');
  flags.dynamic('secret', watched(string), 'hunter2', 'x', { sensitive: true });
  flags.static('port', watched(int), 80, 'x');
  return flags;
}

type Handler = (request: Request) => Promise<Response>;
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

describe('a hostile request to the page', (it) => {
  for (const [title, writable] of [
    ['', { authorize: () => 'fuzz' }],
    [', where nothing may be set', undefined],
  ] as const) {
    it(`is answered, soon at an end, and changes nothing unless it says so${title}`, () =>
      tryAllAsync(fc.array(request, { minLength: 1, maxLength: 4 }), async (all) => {
        const flags = makeFlags();
        const stop = new AbortController();
        const options = { signal: stop.signal };
        const handler = flagzFetchHandler(flags, writable ? { ...options, writable } : options);
        for (const asked of all) {
          const made = await requestOf(handler, asked);
          if (!made) continue;
          const before = textsOf(flags);
          const response = await handler(made);
          const text = await textOf(response);
          assert.ok(STATUSES.includes(response.status), `${response.status} ${text.slice(0, 200)}`);
          assert.ok(text.length < LONGEST_ANSWER, `${text.length} characters`);
          assert.not.match(text, /hunter2/);
          refuseCrash(response, text);
          const mayChange = writable && asked.method === 'POST' && [200, 303].includes(response.status);
          if (!mayChange) assert.equal(textsOf(flags), before);
          for (const flag of flags) if (flag instanceof DynamicFlag) flag.check(flag.text);
        }
        stop.abort();
      }));
  }
});

describe('a hostile value that may be set on the page', (it) => {
  const sent = fc.record(
    {
      flag: fc.constantFrom('rate', 'label', 'names', 'tree', 'secret'),
      action: fc.constantFrom('set', 'check', 'reset'),
      value: words,
      ttl: fc.constantFrom('1h', '', '0s'),
    },
    { requiredKeys: ['flag', 'action', 'value'] },
  );
  it('is taken, or refused by its flag', () =>
    tryAllAsync(sent, async (fields) => {
      const flags = makeFlags();
      const stop = new AbortController();
      const handler = flagzFetchHandler(flags, { signal: stop.signal, writable: { authorize: () => 'fuzz' } });
      const headers = { 'content-type': 'application/json' };
      const response = await handler(new Request(PAGE, { method: 'POST', headers, body: JSON.stringify(fields) }));
      const text = await textOf(response);
      stop.abort();
      assert.ok([200, 400, 413, 422].includes(response.status), `${response.status} ${text.slice(0, 200)}`);
      refuseCrash(response, text);
    }));
});

/** Refuses what is told of a crash: as a body that broke off where one is read, else as a value that a flag refuses. */
function refuseCrash({ status }: Response, text: string): void {
  assert.not.match(text, /the body broke off/);
  if (status === 422) assertNoFault(new Error(text));
}

function textsOf(flags: FlagSet): readonly string[] {
  return Array.from(flags, ({ text }) => text);
}

/** Makes a request as it can be sent; nothing of what no client lets through. */
async function requestOf(
  handler: Handler,
  { method, query: asked, headers, body: sent, token }: Asked,
): Promise<Request | undefined> {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const all = new Headers(hasBody ? { 'content-type': sent.type } : {});
  for (const [name, value] of headers) {
    // Bytes, of which a header may hold all but these.
    all.set(
      name,
      Buffer.from(value)
        .toString('latin1')
        .replaceAll(/[\0\r\n]/g, ''),
    );
  }
  const proof = token !== undefined && sent.type === FORM ? await tokenOf(handler, token) : undefined;
  const text =
    proof === undefined ? sent.text : `${sent.text}&flag=${encodeURIComponent(proof.flag)}&token=${proof.token}`;
  try {
    return new Request(`${PAGE}?${asked}`, { method, headers: all, ...(hasBody && { body: text }) });
  } catch {
    return undefined;
  }
}

/** Gives the token of a flag's form, where there is one. */
async function tokenOf(handler: Handler, name: string): Promise<{ flag: string; token: string } | undefined> {
  const flag = Buffer.from(name).toString();
  const page = new Request(`${PAGE}?flag=${encodeURIComponent(flag)}`, { headers: { accept: 'text/html' } });
  const token = /name="token" value="([^"]+)"/.exec(await (await handler(page)).text())?.[1];
  return token === undefined ? undefined : { flag, token };
}

/** Reads an answer; of a stream its beginning. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}
