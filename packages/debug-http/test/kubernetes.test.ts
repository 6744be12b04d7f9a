// timeout: 180 s
import { request } from 'node:https';
import { FlagSet, int, json, string } from '@flagz/core';
import { type TestBody, assert, describe } from '@flagz/test-runner';
import { Cluster, Namespace, whyNoCluster } from '@flagz/testbed';
import { load as parseYaml } from 'js-yaml';
import { flagzFetchHandler } from '@flagz/debug-http';
import { type ComponentAnswer, outlineOf } from './component-answer.ts';

const missing = whyNoCluster({ own: true });

const FLAGZ = 'as=Flagz;g=config.k8s.io';
const JSON_V1BETA1 = `application/json;${FLAGZ};v=v1beta1`;
const YAML_V1BETA1 = `application/yaml;${FLAGZ};v=v1beta1`;

/** Texts that are hard to write down. */
const HOSTILE: Readonly<Record<string, string>> = {
  empty: '',
  word: 'info',
  on: 'on',
  tilde: '~',
  number: '0x1F',
  float: '1e3',
  date: '2026-11-23',
  json: '{"a":[1]}',
  comment: 'a #b',
  colon: 'a: b',
  quotes: `"'\\`,
  lines: 'a\nport: 1\r\n\tb\n',
  spaces: '  a  ',
  controls: '\u0000\u0007\u001b\u007f\u0085\u009f',
  marks: '\u2028\u2029\ufeff\ufffe\uffff\u202e',
  emoji: '😀 ü',
  markers: '---\n...\n%YAML 1.1',
};

function hostile() {
  const flags = new FlagSet('shop');
  for (const [name, text] of Object.entries(HOSTILE)) flags.dynamic(name, string, text, 'A text.');
  const handler = flagzFetchHandler(flags);
  return (accept: string) => answerOf(handler, accept);
}

async function answerOf(
  handler: ReturnType<typeof flagzFetchHandler>,
  accept: string | undefined,
): Promise<ComponentAnswer> {
  const response = await handler(
    new Request('http://service.test/flagz', { headers: accept === undefined ? {} : { accept } }),
  );
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    warning: response.headers.get('warning') ?? undefined,
    body: await response.text(),
  };
}

describe("the Kubernetes component's document", (it) => {
  it('has the fields of KEP-4828, as JSON and as YAML', async () => {
    const flags = new FlagSet('small');
    flags.static('port', int, 80, 'Port.');
    flags.dynamic('limits', json(), { a: [1] }, 'Limits.');
    flags.dynamic('log_level', string, 'info', 'What is logged.');
    const handler = flagzFetchHandler(flags);
    const older = await answerOf(handler, `application/json;${FLAGZ};v=v1alpha1`);
    const document = {
      kind: 'Flagz',
      apiVersion: 'config.k8s.io/v1alpha1',
      metadata: { name: 'small' },
      flags: { limits: '{"a":[1]}', log_level: 'info', port: '80' },
    };
    assert.equal(JSON.parse(older.body), document);
    assert.match(older.warning ?? '', /^299 - "/);
    const newer = await answerOf(handler, YAML_V1BETA1);
    assert.is(
      newer.body,
      [
        'kind: Flagz',
        'apiVersion: config.k8s.io/v1beta1',
        'metadata:',
        '  name: small',
        'flags:',
        '  limits: "{\\"a\\":[1]}"',
        '  log_level: info',
        '  port: "80"',
        '',
      ].join('\n'),
    );
    assert.is(newer.warning, undefined);
  });

  it('has a text form, a line a flag whatever the value', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('text', string, 'a\nport=1\u2028\u0007\u202e\u{e0001}', 'Text.');
    const { body } = await answerOf(flagzFetchHandler(flags), 'text/plain');
    assert.match(body, /^\ns flagz\nWarning: .*\ntext=a\\nport=1\\u2028\\u0007\\u202e\\udb40\\udc01\n$/);
  });

  it('keeps every text in YAML', async () => {
    const { body } = await hostile()(YAML_V1BETA1);
    assert.equal((parseYaml(body) as { flags: unknown }).flags, HOSTILE);
  });

  it('writes half a surrogate pair as UTF-8 would', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('half', string, 'a\ud800b', 'Text.');
    const { body } = await answerOf(flagzFetchHandler(flags), YAML_V1BETA1);
    assert.match(body, / {2}half: "a\ufffdb"\n$/);
  });

  it('is told apart by its ETag', async () => {
    const flags = new FlagSet('s');
    const handler = flagzFetchHandler(flags);
    const etags = await Promise.all(
      [JSON_V1BETA1, YAML_V1BETA1, `application/json;${FLAGZ};v=v1alpha1`, 'text/plain', '*/*'].map(async (accept) =>
        (await handler(new Request('http://service.test/', { headers: { accept } }))).headers.get('etag'),
      ),
    );
    assert.is(new Set(etags).size, etags.length);
  });
});

/** Both must answer these alike. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  text: ['text/plain', 'text/*', 'text/plain;charset=utf-8', 'text/plain;q=0.1'],
  'the document that is asked for': [
    JSON_V1BETA1,
    `application/json;${FLAGZ};v=v1alpha1`,
    YAML_V1BETA1,
    `application/yaml;${FLAGZ};v=v1alpha1`,
    'application/json; v=v1beta1 ; g=config.k8s.io; as=Flagz; charset=utf-8',
    `${JSON_V1BETA1};pretty=1`,
    `${JSON_V1BETA1};pretty=`,
    `${JSON_V1BETA1};stream=`,
    `${JSON_V1BETA1};profile=local`,
    `application/*;${FLAGZ};v=v1beta1`,
    `*/*;${FLAGZ};v=v1alpha1`,
    `*;${FLAGZ};v=v1beta1`,
  ],
  'no other version, group, kind or type': [
    `application/json;${FLAGZ};v=v9`,
    `application/json;${FLAGZ};v=V1BETA1`,
    `application/json;${FLAGZ}`,
    'application/json;as=Flagz;g=other;v=v1beta1',
    'application/json;as=Statusz;g=config.k8s.io;v=v1beta1',
    'application/json;as=flagz;g=config.k8s.io;v=v1beta1',
    'application/json;as=Flagz',
    'application/json;v=v1beta1',
    'application/json;g=config.k8s.io',
    'application/json;stream=watch',
    'application/json;sv=v1',
    `${JSON_V1BETA1};stream=watch`,
    `${JSON_V1BETA1};sv=v1`,
    `application/cbor;${FLAGZ};v=v1beta1`,
    `image/png;${FLAGZ};v=v1beta1`,
    `text/html;${FLAGZ};v=v1beta1`,
    `text/plain;${FLAGZ};v=v1beta1`,
    `text/*;${FLAGZ};v=v1beta1`,
    'text/plain;stream=watch',
    'application/yaml',
    `application/yaml;${FLAGZ};v=v9`,
    `application/yaml, application/json;${FLAGZ};v=v9`,
  ],
  'the most wanted of what exists, among equals the more definite, then the first': [
    `application/json;${FLAGZ};v=v9, text/plain`,
    `application/json;${FLAGZ};v=v9, ${JSON_V1BETA1}`,
    `application/json;${FLAGZ};v=v1alpha1, ${JSON_V1BETA1}`,
    `${JSON_V1BETA1}, application/json;${FLAGZ};v=v1alpha1`,
    `text/plain;q=0.5, ${JSON_V1BETA1}`,
    `${JSON_V1BETA1};q=0.3, text/plain;q=0.8`,
    `text/plain, ${YAML_V1BETA1}`,
    `${YAML_V1BETA1};q=0.9, ${JSON_V1BETA1};q=0.8, text/plain;q=0.7`,
    `application/yaml, ${YAML_V1BETA1}`,
    `*/*, ${JSON_V1BETA1}`,
    `*/*;q=0.5, ${JSON_V1BETA1};q=0.5`,
    `text/*, ${JSON_V1BETA1}`,
    `application/*, text/plain`,
    `${JSON_V1BETA1}, */*;q=0.1`,
    `text/html;q=0.5, ${JSON_V1BETA1}`,
    `text/htm, ${JSON_V1BETA1}`,
    `text/plain;q=0, */*;${FLAGZ};v=v1beta1;q=0.1`,
    `;;, ${JSON_V1BETA1}`,
  ],
};

const PAGE = '200 text/html; charset=utf-8';
const OWN = '200 application/json; charset=utf-8';
const TEXT = '200 text/plain; charset=utf-8';
const DOCUMENT = '200 application/json;g=config.k8s.io;v=v1beta1;as=Flagz';
const NONE = '406 application/json';

/** Here we differ on purpose: the service's own page and JSON come first, and headers are read as RFC 9110 has them. */
const DIFFERENT: readonly (readonly [accept: string | undefined, theirs: string, ours: string])[] = [
  [undefined, TEXT, OWN],
  ['', TEXT, OWN],
  ['*/*', TEXT, OWN],
  ['text/html', NONE, PAGE],
  ['text/html, */*;q=0.8', TEXT, PAGE],
  [`text/html, ${JSON_V1BETA1};q=0.5`, DOCUMENT, PAGE],
  ['application/json', NONE, OWN],
  ['application/*', NONE, OWN],
  ['image/png', NONE, OWN],
  ['application/cbor', NONE, OWN],
  ['garbage', NONE, OWN],
  // Quotes and case mean nothing in a header; q=0 means "not this".
  [`application/json;as="Flagz";g="config.k8s.io";v="v1beta1"`, NONE, DOCUMENT],
  [`APPLICATION/JSON;${FLAGZ};V=v1beta1`, NONE, DOCUMENT],
  ['text/plain;q=0', TEXT, OWN],
];

describe('beside the API server of Kubernetes, the handler', (it) => {
  let cluster: Cluster;
  let handler: ReturnType<typeof flagzFetchHandler>;
  let askApiServer: (accept: string | undefined) => Promise<ComponentAnswer>;
  const test = (title: string, run: TestBody): void => {
    if (missing) it.skip(title, missing, run);
    else it(title, run);
  };
  it.before(async () => {
    if (missing) return;
    cluster = await Cluster.start();
    const { certificate: cert, key } = cluster.clientCertificate('admin', 'system:masters');
    const { host, port, authority } = cluster;
    const options = { host, port, ca: authority.certificate, cert, key, path: '/flagz', agent: false };
    askApiServer = (accept) =>
      new Promise((resolve, reject) => {
        const headers = accept === undefined ? {} : { accept };
        const sent = request({ ...options, headers, timeout: 10_000 }, (response) => {
          const { 'content-type': type = '', warning } = response.headers;
          let body = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
          response.on('error', reject);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, type, warning, body }));
        });
        sent.on('timeout', () => sent.destroy(new Error('no answer within 10 s')));
        sent.on('error', reject);
        sent.end();
      });
    const flags = new FlagSet('shop');
    flags.static('port', int, 80, 'Port.');
    flags.dynamic('log_level', string, 'info', 'What is logged.');
    handler = flagzFetchHandler(flags);
  });
  it.after(() => cluster?.close());

  for (const [what, accepts] of Object.entries(SAME)) {
    test(`gives ${what}`, async () => {
      for (const accept of accepts) {
        const [theirs, ours] = await Promise.all([askApiServer(accept), answerOf(handler, accept)]);
        assert.equal(outlineOf(ours), outlineOf(theirs), accept);
      }
    });
  }

  test('differs on purpose in nothing but this', async () => {
    for (const [accept, expected, own] of DIFFERENT) {
      const [theirs, ours] = await Promise.all([askApiServer(accept), answerOf(handler, accept)]);
      assert.is(`${ours.status} ${ours.type}`, own, accept);
      assert.is(`${theirs.status} ${theirs.type}`, expected, accept);
    }
  });

  test('writes YAML that the API server reads, whatever the values', async () => {
    const namespace = await new Namespace(cluster.api).create();
    const { body } = await hostile()(YAML_V1BETA1);
    // A ConfigMap is as flat.
    const configMap = body
      .replace('kind: Flagz', 'kind: ConfigMap')
      .replace('apiVersion: config.k8s.io/v1beta1', 'apiVersion: v1')
      .replace('\nflags:', '\ndata:');
    await cluster.api.send('POST', `/api/v1/namespaces/${namespace.name}/configmaps`, configMap, 'application/yaml');
    assert.equal((await namespace.configMap('shop'))['data'], HOSTILE);
    await namespace.remove();
  });
});
