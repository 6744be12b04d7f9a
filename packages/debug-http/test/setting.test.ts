import { DynamicFlag, FlagSet, inRange, int, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Attempt, type FlagzDocument, type Writable, flagzFetchHandler } from '@flagz/debug-http';

const PAGE = 'http://service.test/debug/flagz';

interface ShownAttempt {
  readonly action: string;
  readonly flag: string;
  readonly actor: string | null;
  readonly outcome: string;
  readonly reason: string | null;
}

interface Answer {
  readonly status: number;
  readonly outcome: string;
  readonly reason: string | null;
}

function setup(writable: Partial<Writable<Request>> = {}, signal?: AbortSignal) {
  const flags = new FlagSet('s');
  const rate = flags.dynamic('rate', int, 10, 'Rate.').withValidator(inRange(1, 100));
  const token = flags.dynamic('token', string, '', 'Token.', { sensitive: true });
  const port = flags.static('port', int, 80, 'Port.');
  const told: Attempt[] = [];
  const handler = flagzFetchHandler(flags, {
    writable: { authorize: () => 'ann', onAttempt: (attempt) => told.push(attempt), ...writable },
    ...(signal ? { signal } : {}),
  });
  const send = (body: string, headers: Record<string, string>): Promise<Response> =>
    handler(new Request(PAGE, { method: 'POST', headers, body }));
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await send(typeof body === 'string' ? body : JSON.stringify(body), {
      'content-type': 'application/json',
      ...headers,
    });
    const text = await response.text();
    return text.startsWith('{')
      ? { status: response.status, ...JSON.parse(text) }
      : { status: response.status, outcome: '', reason: text.trim() };
  };
  const pageToken = async (flag: string): Promise<string> => {
    const page = await (
      await handler(new Request(`${PAGE}?flag=${flag}`, { headers: { accept: 'text/html' } }))
    ).text();
    return /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  };
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    send(new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
      'sec-fetch-site': 'same-origin',
      ...headers,
    });
  const document = async (): Promise<FlagzDocument> =>
    (await (await handler(new Request(PAGE))).json()) as FlagzDocument;
  const recorded = async () => (await document()).attempts as readonly ShownAttempt[];
  return { flags, rate, token, port, told, handler, post, pageToken, form, document, recorded };
}

describe('setting a flag over HTTP', (it) => {
  it('is off unless it is turned on', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('rate', int, 10, 'Rate.');
    const response = await flagzFetchHandler(flags)(new Request(PAGE, { method: 'POST', body: '{}' }));
    assert.equal([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
    assert.match(await response.text(), /setting flags is off here/);
    const page = await flagzFetchHandler(flags)(new Request(`${PAGE}?flag=rate`, { headers: { accept: 'text/html' } }));
    assert.not.match(await page.text(), /<form class="set"/);
  });

  it('is never done by GET', async () => {
    const { rate, handler } = setup();
    await handler(new Request(`${PAGE}?action=set&flag=rate&value=20`));
    assert.is(rate.get(), 10);
  });

  it('sets, checks and resets, and names the actor in history, attempts and callback', async () => {
    const { flags, rate, post, told, document } = setup();
    assert.is((await post({ flag: 'rate', value: '20' })).outcome, 'accepted');
    assert.is(rate.get(), 20);
    assert.is((await post({ flag: 'rate', value: '30', action: 'check' })).outcome, 'accepted');
    assert.is(rate.get(), 20);
    assert.is((await post({ flag: 'rate', action: 'reset' })).outcome, 'accepted');
    assert.is(rate.get(), 10);
    assert.equal(
      flags.history().map(({ next, origin }) => [next, origin?.actor]),
      [
        ['20', 'ann'],
        ['10', 'ann'],
      ],
    );
    const seen = ['set 20 accepted ann', 'check 30 accepted ann', 'reset undefined accepted ann'];
    assert.equal(
      told.map(({ action, text, outcome, actor }) => `${action} ${text} ${outcome} ${actor}`),
      seen,
    );
    assert.is((await document()).attempts.length, 3);
  });

  it('asks all that a set asks when it only checks: type, validators, invariants', async () => {
    const { flags, rate, post } = setup();
    const high = flags.dynamic('high', int, 50, 'High.');
    flags.invariant([rate, high], (low, top) => low <= top || 'rate above high');
    for (const value of ['ten', '0', '51']) {
      const { status, outcome, reason } = await post({ flag: 'rate', value, action: 'check' });
      assert.equal([status, outcome], [422, 'refused']);
      assert.match(reason ?? '', /^flag "rate": /);
    }
    assert.is(flags.version, 0);
  });

  it('refuses with reasons: value, unknown flag, static flag', async () => {
    const { post } = setup();
    const cases: [object, number, RegExp][] = [
      [{ flag: 'rate', value: 'ten' }, 422, /^flag "rate": expected an integer, got "ten"$/],
      [{ flag: 'missing', value: '1' }, 404, /^no flag "missing"$/],
      [{ flag: 'port', value: '1' }, 409, /^flag "port": is static; a restart is needed/],
    ];
    for (const [body, status, reason] of cases) {
      const answer = await post(body);
      assert.is(answer.status, status);
      assert.is(answer.outcome, 'refused');
      assert.match(answer.reason ?? '', reason);
    }
  });

  it('says what is wrong with a body', async () => {
    const { post, recorded } = setup();
    const cases: [unknown, number, RegExp][] = [
      ['', 400, /no JSON/],
      ['{"flag":', 400, /no JSON/],
      ['[]', 400, /must be a JSON object/],
      ['null', 400, /must be a JSON object/],
      [{ flag: 'rate', value: 20 }, 400, /"value" must be a string/],
      [{ value: '20' }, 400, /flag is missing/],
      [{ flag: 'rate' }, 400, /value is missing/],
      [{ flag: 'rate', value: '1', action: 'drop' }, 400, /action must be set, check or reset, got "drop"/],
      [{ flag: 'rate', value: '1', ttl: 'soon' }, 400, /ttl must be a duration from 1s to 7d, got "soon"/],
      [{ flag: 'rate', value: '1', ttl: '8d' }, 400, /ttl must be/],
      [{ flag: 'rate', value: 'x'.repeat(4 * 1024 * 1024) }, 413, /longer than 4194304 bytes/],
    ];
    for (const [body, status, reason] of cases) {
      const answer = await post(body);
      assert.is(answer.status, status, answer.reason ?? '');
      assert.match(answer.reason ?? '', reason);
    }
    assert.is((await post('flag=rate', { 'content-type': 'text/plain' })).status, 415);
    assert.is((await post('', { 'content-type': 'multipart/form-data; boundary=x' })).status, 415);
    const attempts = await recorded();
    assert.equal(
      attempts.map(({ action, outcome, actor }) => `${action} ${outcome} ${actor}`),
      Array.from({ length: cases.length + 2 }, () => 'unknown refused ann'),
    );
    assert.ok(attempts.some(({ reason }) => reason?.includes('longer than 4194304 bytes')));
    assert.is(attempts.filter(({ flag }) => flag === 'rate').length, 4, 'where the body names a flag, it is told');
  });

  it('keeps what nobody is known to have tried from pushing out the rest', async () => {
    const { post, recorded } = setup({
      authorize: (request) => request.headers.get('x-user') ?? false,
    });
    await post({ flag: 'rate', value: '20' }, { 'x-user': 'bob' });
    for (let index = 0; index < 300; index++) await post('{');
    const attempts = await recorded();
    assert.ok(attempts.length <= 100, `${attempts.length} attempts`);
    assert.ok(attempts.some(({ actor, outcome }) => actor === 'bob' && outcome === 'accepted'));
    assert.is(attempts.at(-1)?.outcome, 'denied');
  });

  it('shows no sensitive text, whatever becomes of it', async () => {
    const { token, post, told, document, handler, form, pageToken } = setup();
    token.withValidator((text) => !text.includes('bad') || `${text} is bad`);
    await post({ flag: 'token', value: 'undisclosed-good' });
    assert.is(token.get(), 'undisclosed-good');
    const refused = await post({ flag: 'token', value: 'undisclosed-bad' });
    const page = await form({ flag: 'token', value: 'undisclosed-bad', token: await pageToken('token') });
    const whole = await handler(new Request(PAGE, { headers: { accept: 'text/html' } }));
    for (const text of [
      JSON.stringify(refused),
      JSON.stringify(told),
      JSON.stringify(await document()),
      await page.text(),
      await whole.text(),
    ]) {
      assert.not.match(text, /undisclosed/);
    }
  });
});

describe('who may set a flag', (it) => {
  it('is decided by the function, which sees request and attempt', async () => {
    const { rate, post, told } = setup({
      authorize: async (request, { action, flag, text }) =>
        request.headers.get('x-user') ?? (action === 'check' && flag === 'rate' && text === '5' && 'guest'),
    });
    assert.is((await post({ flag: 'rate', value: '20' })).status, 403);
    assert.is(rate.get(), 10);
    assert.is((await post({ flag: 'rate', value: '5', action: 'check' })).status, 200);
    assert.is((await post({ flag: 'rate', value: '20' }, { 'x-user': 'bob' })).status, 200);
    assert.equal(
      told.map(({ outcome, actor, reason }) => [outcome, actor, reason]),
      [
        ['denied', undefined, 'not authorized'],
        ['accepted', 'guest', undefined],
        ['accepted', 'bob', undefined],
      ],
    );
  });

  it('is decided with the whole value in sight, of which the record keeps the start', async () => {
    const seen: (string | undefined)[] = [];
    const { flags, post, told } = setup({
      authorize: (_, { text }) => {
        seen.push(text);
        return 'ann';
      },
    });
    flags.dynamic('note', string, '', 'Note.');
    const value = `${'x'.repeat(1_000)}the end`;
    await post({ flag: 'note', value });
    assert.equal(seen, [value]);
    assert.match(told[0]?.text ?? '', /^x{200}… \(1007 characters\)$/);
  });

  it('is nobody when the function throws, rejects or names nobody', async () => {
    const answers: (() => never)[] = [
      () => {
        throw new Error('secret of the directory');
      },
      (() => Promise.reject(new Error('secret of the directory'))) as never,
      (() => '') as never,
      (() => true) as never,
      (() => undefined) as never,
    ];
    for (const authorize of answers) {
      const { rate, post } = setup({ authorize });
      const { status, reason } = await post({ flag: 'rate', value: '20' });
      assert.equal([status, reason, rate.get()], [403, 'not authorized', 10]);
    }
  });

  it('does not learn from a denial which flags there are', async () => {
    const { post } = setup({ authorize: () => false });
    assert.is((await post({ flag: 'rate', value: '1' })).status, (await post({ flag: 'missing', value: '1' })).status);
  });

  it('is no page of another origin', async () => {
    const { rate, post, told } = setup();
    for (const headers of [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://service.test:81' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://service.test' },
      { 'sec-fetch-site': 'none' },
    ]) {
      const { status, reason } = await post({ flag: 'rate', value: '20' }, headers);
      assert.is(status, 403);
      assert.match(reason ?? '', /another origin/);
    }
    assert.is(rate.get(), 10);
    assert.is(told.length, 6);
    assert.ok(told.every(({ outcome, actor }) => outcome === 'denied' && actor === 'ann'));
    assert.is((await post({ flag: 'rate', value: '20' }, { origin: 'http://service.test' })).status, 200);
    assert.is(
      (await post({ flag: 'rate', value: '21' }, { 'sec-fetch-site': 'same-origin', origin: 'https://public.test' }))
        .status,
      200,
    );
  });

  it('survives an audit log that throws', async () => {
    const { rate, post } = setup({
      onAttempt() {
        throw new Error('disk full');
      },
    });
    assert.is((await post({ flag: 'rate', value: '20' })).status, 200);
    assert.is(rate.get(), 20);
  });
});

describe('the form of the page', (it) => {
  it('needs the token of its page and flag', async () => {
    const { rate, form, pageToken } = setup();
    const wrong = ['', 'x', 'x.y', await pageToken('token'), `${(await pageToken('rate')).slice(0, -2)}xx`];
    for (const token of wrong) {
      const response = await form({ flag: 'rate', value: '20', token });
      assert.is(response.status, 403);
      assert.match(await response.text(), /load the page again/);
    }
    assert.is(rate.get(), 10);
    assert.is((await form({ flag: 'rate', value: '20', token: await pageToken('rate') })).status, 303);
    assert.is(rate.get(), 20);
  });

  it('shows a refused text again, with the reason, escaped', async () => {
    const { form, pageToken } = setup();
    const response = await form({ flag: 'rate', value: '</textarea><script>', token: await pageToken('rate') });
    const page = await response.text();
    assert.is(response.status, 422);
    assert.match(page, /role="alert">Refused: .*expected an integer/);
    assert.match(page, /&lt;\/textarea&gt;&lt;script&gt;/);
    assert.not.match(page, /<\/textarea><script>/);
  });

  it('keeps line breaks as they were typed', async () => {
    const { flags, form, pageToken } = setup();
    const text = flags.dynamic('text', string, '\nfirst', 'Text.');
    const page = await form({ flag: 'text', value: '\r\none\r\ntwo', token: await pageToken('text') });
    assert.is(page.status, 303);
    assert.is(text.get(), '\none\ntwo');
  });
});

describe('a time to live', (it) => {
  it('ends the value, and says so until then', async () => {
    const { flags, rate, post, document } = setup();
    await post({ flag: 'rate', value: '20', ttl: '1s' });
    assert.is(rate.get(), 20);
    const shown = (await document()).flags.find(({ name }) => name === 'rate');
    assert.ok(Math.abs(Date.parse(shown?.expires ?? '') - Date.now() - 1000) < 500);
    await eventually(() => rate.get() === 10);
    assert.is(flags.history().at(-1)?.origin?.actor, 'time to live');
    assert.is((await document()).flags.find(({ name }) => name === 'rate')?.expires, null);
  });

  it('does not end a value that somebody else set meanwhile', async () => {
    const { rate, post, document } = setup();
    await post({ flag: 'rate', value: '20', ttl: '1s' });
    await post({ flag: 'rate', value: '30' });
    await eventually(async () => (await document()).flags.find(({ name }) => name === 'rate')?.expires === null);
    await post({ flag: 'rate', value: '40', ttl: '1s' });
    const set = Date.now();
    await eventually(() => Date.now() > set + 5);
    rate.set(50);
    await eventually(() => Date.now() > set + 1_200);
    assert.is(rate.get(), 50);
  });

  it('does not end an equal value that the program set meanwhile', async () => {
    const { rate, post, document } = setup();
    await post({ flag: 'rate', value: '20', ttl: '1s' });
    const set = Date.now();
    rate.set(20);
    assert.is((await document()).flags.find(({ name }) => name === 'rate')?.expires, null);
    await eventually(() => Date.now() > set + 1_200);
    assert.is(rate.get(), 20);
  });

  it('ends with the handler', async () => {
    const stop = new AbortController();
    const { rate, post } = setup({}, stop.signal);
    await post({ flag: 'rate', value: '20', ttl: '1h' });
    stop.abort();
    assert.is(rate.get(), 10);
  });

  it('does not keep the process alive', async () => {
    const { rate, post } = setup();
    await post({ flag: 'rate', value: '20', ttl: '7d' });
    assert.instance(rate, DynamicFlag);
  });
});
