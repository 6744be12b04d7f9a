import { readFile } from 'node:fs/promises';
import { FlagSet, int, json, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type FlagzDocument, flagzFetchHandler } from '@flagz/debug-http';
import { startDemo } from './demo.ts';

const URL_OF_PAGE = 'http://service.test/debug/flagz';
const LINE = { name: 'command line', kind: 'command line' } as const;

function getter(flags: FlagSet) {
  const handler = flagzFetchHandler(flags);
  return {
    get: (query = '', headers: Record<string, string> = {}) => handler(new Request(URL_OF_PAGE + query, { headers })),
    document: async (query = ''): Promise<FlagzDocument> =>
      (await (await handler(new Request(URL_OF_PAGE + query))).json()) as FlagzDocument,
  };
}

function small() {
  const flags = new FlagSet('small');
  flags.static('port', int, 80, 'Port.');
  const rate = flags.dynamic('rate', int, 10, 'Rate of requests.');
  const limits = flags.dynamic('limits', json(), { a: [1] }, 'Limits.');
  return { flags, rate, limits, ...getter(flags) };
}

describe('the JSON document', (it) => {
  it('is what its schema says, whatever has happened', async () => {
    const schema = JSON.parse(await readFile(new URL('../schema/flagz.schema.json', import.meta.url), 'utf8'));
    const validate = new Ajv2020({
      formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
    }).compile(schema);
    await using demo = await startDemo();
    const handler = flagzFetchHandler(demo.flags, { writable: { authorize: () => 'ann' } });
    const post = (body: object) =>
      handler(
        new Request(URL_OF_PAGE, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      );
    await post({ flag: 'greeting', value: 'hi', ttl: '1h' });
    await post({ flag: 'log_level', value: 'loud' });
    demo.store.set('search_rollout_percent', '101');
    demo.flags.static('late', int, 1, 'Declared late.');
    demo.store.set('late', '2');
    demo.store.disconnect();
    const full = (await (await handler(new Request(URL_OF_PAGE))).json()) as FlagzDocument;
    assert.ok(validate(full), JSON.stringify(validate.errors));
    assert.is(full.attempts.length, 2);
    assert.ok(full.flags.find(({ name }) => name === 'greeting')?.expires);
    assert.ok(full.flags.find(({ name }) => name === 'late')?.is_restart_needed);
    for (const flags of [new FlagSet('empty'), small().flags]) {
      assert.ok(validate(await getter(flags).document()), JSON.stringify(validate.errors));
    }
    assert.not(validate({ ...full, flags: [{}] }));
  });

  it('keeps the fields of go-flagz, sorted by name, values as texts', async () => {
    const { rate, document } = small();
    rate.set(20);
    const { flags } = await document();
    const kept = ({
      name,
      description,
      current_value,
      default_value,
      is_changed,
      is_dynamic,
    }: (typeof flags)[number]) => ({
      name,
      description,
      current_value,
      default_value,
      is_changed,
      is_dynamic,
    });
    const indented = '{\n  "a": [\n    1\n  ]\n}';
    assert.equal(flags.map(kept), [
      {
        name: 'limits',
        description: 'Limits.',
        current_value: indented,
        default_value: indented,
        is_changed: false,
        is_dynamic: true,
      },
      {
        name: 'port',
        description: 'Port.',
        current_value: '80',
        default_value: '80',
        is_changed: false,
        is_dynamic: false,
      },
      {
        name: 'rate',
        description: 'Rate of requests.',
        current_value: '20',
        default_value: '10',
        is_changed: true,
        is_dynamic: true,
      },
    ]);
  });

  it('indents JSON only where that changes nothing', async () => {
    const flags = new FlagSet('s');
    const declare = (name: string, text: string) =>
      flags.dynamic(name, { ...string, name: 'proto' }, text, 'A message.');
    const kept = ['{"id":12345678901234567890}', '{"a":1.0}', '{"a":1e400}', '{"a":1,"a":2}', '{"a": 1}', '[1,'];
    for (const [index, text] of kept.entries()) declare(`kept_${index}`, text);
    declare('sound', '{"a":[1]}');
    const { flags: all } = await getter(flags).document();
    const values = all.map(({ current_value: value }) => value);
    assert.equal(values, [...kept, '{\n  "a": [\n    1\n  ]\n}']);
    const page = await (await getter(flags).get('?flag=kept_1', { accept: 'text/html' })).text();
    assert.match(page, /aria-label="Value of kept_1"><code><bdi>\{&quot;a&quot;:1\.0\}/);
  });

  it('filters, and the checksums cover the whole set nevertheless', async () => {
    const { flags, rate, document } = small();
    rate.set(20);
    const cases: [string, string[]][] = [
      ['?type=dynamic', ['limits', 'rate']],
      ['?type=static', ['port']],
      ['?type=nonsense', ['limits', 'port', 'rate']],
      ['?only_changed=true', ['rate']],
      ['?only_changed=1', ['rate']],
      ['?only_changed=false', ['limits', 'port', 'rate']],
      ['?only_changed=', ['limits', 'port', 'rate']],
      ['?type=static&only_changed=true', []],
      ['?q=REQUESTS', ['rate']],
      ['?q=%00%ff%', []],
      ['?flag=port', ['port']],
      ['?flag=missing', []],
      ['?type=dynamic&type=static&&=&==', ['limits', 'rate']],
    ];
    for (const [query, names] of cases) {
      const answer = await document(query);
      assert.equal(
        answer.flags.map(({ name }) => name),
        names,
        query,
      );
      assert.is(answer.checksum_dynamic, flags.checksum('dynamic'));
      assert.is(answer.checksum_static, flags.checksum('static'));
    }
  });

  it('tells layers, sources, rejections, history', async () => {
    const { flags, rate, document } = small();
    const source = memorySource({ rate: '30' }, { name: 'store' });
    await using _ = await flags.watch(source);
    rate.setText('40', { actor: 'ann' });
    source.update({ rate: 'many', typo: '1' });
    const { flags: all, watchers, history } = await document();
    const shown = all.find(({ name }) => name === 'rate');
    assert.equal(
      shown?.layers.map((layer) => Object.values(layer).slice(0, 2)),
      [
        ['store', '30'],
        ['process', '40'],
      ],
    );
    assert.is(shown?.source, 'process');
    assert.is((shown?.last_change as { actor?: string } | undefined)?.actor, 'ann');
    const reason = 'flag "rate": expected an integer, got "many"';
    assert.is((shown?.last_rejection as { reason?: string } | undefined)?.reason, reason);
    assert.equal((watchers[0] as { unknown_keys: string[] }).unknown_keys, ['typo']);
    assert.equal(
      history.map((change) => (change as { next: string }).next),
      ['30', '40'],
    );
    source.set('rate', '31');
    const after = (await document()).flags.find(({ name }) => name === 'rate');
    assert.equal(after?.rejections, []);
    assert.is((after?.last_rejection as { reason?: string } | undefined)?.reason, reason);
  });

  it('hides sensitive values everywhere', async () => {
    const flags = new FlagSet('s');
    const token = flags.dynamic('token', string, 'default-secret', 'Token.', { sensitive: true });
    const { get } = getter(flags);
    const source = memorySource({ token: 'source-secret' });
    await using _ = await flags.watch(source);
    token.set('process-secret');
    for (const accept of [
      'application/json',
      'text/html',
      'text/plain',
      'application/json;as=Flagz;v=v1beta1;g=config.k8s.io',
    ]) {
      for (const query of ['', '?flag=token', '?flag=token&fragment=1', '?q=secret']) {
        assert.not.match(await (await get(query, { accept })).text(), /default-secret|source-secret|process-secret/);
      }
    }
  });
});

describe('ETag', (it) => {
  it('holds until something happens', async () => {
    const { rate, get } = small();
    const etag = (await get()).headers.get('etag') ?? '';
    const same = await get('', { 'if-none-match': `"other", ${etag}` });
    assert.equal([same.status, await same.text(), same.headers.get('etag')], [304, '', etag]);
    for (const other of ['*', etag.replace('W/', ''), `"other",${etag}`])
      assert.is((await get('', { 'if-none-match': other })).status, 304, other);
    rate.set(11);
    assert.is((await get('', { 'if-none-match': etag })).status, 200);
  });

  const store = memorySource({ later: '1' });
  const causes: Readonly<Record<string, (flags: FlagSet) => unknown>> = {
    'a refusal': (flags) => flags.load(LINE, [['rate', 'ten']]),
    'the same key refused with another text': (flags) => flags.load(LINE, [['rate', 'eleven']]),
    'the end of a refusal': (flags) => flags.load(LINE, []),
    'a source that starts, with an unknown key': (flags) => flags.watch(store),
    'another revision with the same values': () => store.replace({ later: '1' }),
    'a flag declared late that no source knows': (flags) => flags.dynamic('unheard', int, 0, 'Declared late.'),
    'a flag declared late': (flags) => flags.dynamic('later', int, 0, 'Declared late.'),
    'an equal value in a higher layer': (flags) => flags.load(LINE, [['rate', '10']]),
    'a source that stops': (flags) => flags.watchers[0]?.stop(),
  };
  it('differs after everything that is shown, one after the other', async () => {
    const { flags, get } = small();
    let etag = (await get()).headers.get('etag') ?? '';
    let shown = '';
    for (const [cause, act] of Object.entries(causes)) {
      await act(flags);
      const answer = await get('', { 'if-none-match': etag });
      assert.is(answer.status, 200, cause);
      const text = await answer.text();
      assert.is.not(text, shown, cause);
      shown = text;
      etag = answer.headers.get('etag') ?? '';
      assert.is((await get('', { 'if-none-match': etag })).status, 304, `after ${cause}`);
    }
  });

  it('differs after an attempt to set, also of a flag that there is not', async () => {
    const { flags } = small();
    const handler = flagzFetchHandler(flags, { writable: { authorize: () => 'ann' } });
    const get = (etag = ''): Promise<Response> =>
      handler(new Request(URL_OF_PAGE, { headers: { 'if-none-match': etag } }));
    const headers = { 'content-type': 'application/json' };
    for (const body of ['{"flag":"none","value":"1"}', '{"flag":"rate","value":"ten"}', '{']) {
      const etag = (await get()).headers.get('etag') ?? '';
      assert.is((await get(etag)).status, 304);
      await handler(new Request(URL_OF_PAGE, { method: 'POST', headers, body }));
      assert.is((await get(etag)).status, 200, body);
    }
  });

  it('is answered without making the document', async () => {
    const { rate, get } = small();
    const etag = (await get()).headers.get('etag') ?? '';
    rate.info = () => {
      throw new Error('was shown');
    };
    assert.is((await get('', { 'if-none-match': etag })).status, 304);
    assert.is((await get()).status, 500);
  });

  it('differs from one form to another, and from one process to another', async () => {
    const { flags, get } = small();
    const etag = (await get()).headers.get('etag') ?? '';
    assert.is((await get('', { 'if-none-match': etag, accept: 'text/html' })).status, 200);
    assert.is((await getter(flags).get('', { 'if-none-match': etag })).status, 200);
  });
});

describe('content negotiation', (it) => {
  const JSON_TYPE = 'application/json; charset=utf-8';
  const HTML_TYPE = 'text/html; charset=utf-8';
  const TEXT_TYPE = 'text/plain; charset=utf-8';
  const cases: [accept: string, query: string, status: number, type: string][] = [
    ['', '', 200, JSON_TYPE],
    ['*/*', '', 200, JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', '', 200, HTML_TYPE],
    ['text/html', '?format=json', 200, JSON_TYPE],
    ['application/json', '?format=html', 200, HTML_TYPE],
    ['application/json', '?format=xml', 200, JSON_TYPE],
    ['text/plain', '', 200, TEXT_TYPE],
    ['text/plain;q=0.5, application/json', '', 200, JSON_TYPE],
    ['image/png', '', 200, JSON_TYPE],
    [
      'application/json;as=Flagz;v=v1alpha1;g=config.k8s.io',
      '',
      200,
      'application/json;g=config.k8s.io;v=v1alpha1;as=Flagz',
    ],
    [
      'application/json; g="config.k8s.io"; v=v1beta1; as=Flagz',
      '',
      200,
      'application/json;g=config.k8s.io;v=v1beta1;as=Flagz',
    ],
    ['application/json;as=Flagz;v=v9;g=config.k8s.io', '', 406, 'application/json'],
    ['application/json;as=Statusz;v=v1beta1;g=config.k8s.io', '', 406, 'application/json'],
    ['application/json;as=Flagz;v=v9;g=config.k8s.io, application/json', '', 200, JSON_TYPE],
    [';;;,=,q=;q=x', '', 200, JSON_TYPE],
  ];
  for (const [accept, query, status, type] of cases) {
    it(`answers ${accept || 'nothing'} ${query} with ${status} ${type}`, async () => {
      const response = await small().get(query, accept ? { accept } : {});
      assert.equal([response.status, response.headers.get('content-type')], [status, type]);
    });
  }
});
