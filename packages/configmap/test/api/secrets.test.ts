import { inspect } from 'node:util';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { FlagSet } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { kubeconfigText } from '@flagz/testbed';
import { credentialsOf } from '../../src/api/credentials.ts';
import type { Answer } from './double.ts';
import { on } from './on-double.ts';

const SECRET = 'hunter2';

describe('configMapApiSource: what its errors quote', (it) => {
  /** Each is a file that the YAML parser refuses with words that quote it. */
  const broken: readonly (readonly [title: string, user: string, message: RegExp])[] = [
    [
      'a line that is badly indented',
      `\n    token: ${SECRET}\n   bad: indentation\n`,
      /cannot read the kubeconfig ".*": it is not YAML: bad indentation of a mapping entry, at line 5, column 4$/,
    ],
    ['a value that looks like an alias', ` { password: *${SECRET} }\n`, /not YAML: unidentified alias, at line 3, /],
    [
      'a value that looks like a tag',
      ` { password: !${SECRET} 1 }\n`,
      /not YAML: unknown (?:scalar )?tag, at line 3, /,
    ],
    [
      'a value that looks like a malformed tag',
      ` { password: !<${SECRET}{> 1 }\n`,
      /not YAML: tag name cannot contain such characters, at line 3, /,
    ],
  ];
  for (const [title, user, message] of broken) {
    it(`is no line of a kubeconfig: ${title}`, () => refuses(`users:\n- name: a\n  user:${user}`, message));
  }

  for (const [server, message] of [
    [`http://admin:${SECRET}@127.0.0.1:1`, /the cluster "http:\/\/127\.0\.0\.1:1" cannot be used/],
    [`admin:${SECRET}@127.0.0.1:1`, /the cluster "127\.0\.0\.1:1" cannot be used/],
    [`http://admin:a/${SECRET}@127.0.0.1:1`, /the cluster "http:\/\/127\.0\.0\.1:1" cannot be used/],
  ] as const) {
    it(`is no user of a server: ${server}`, () => refuses(kubeconfigText({ server }), message));
  }

  const list = (secret: string): string =>
    JSON.stringify({ kind: 'ConfigMapList', metadata: {}, items: [{ data: { secret } }] });
  const refusals: readonly (readonly [title: string, status: number, body: string, message: RegExp])[] = [
    ...[201, 203, 206].map(
      (status) =>
        [
          `a list with status ${status}`,
          status,
          list(SECRET),
          new RegExp(`with status ${status}: \\d+ bytes, which are a "ConfigMapList"$`),
        ] as const,
    ),
    [
      'what has a message and is no Status',
      500,
      `{"message":"${SECRET}"}`,
      /with status 500: 21 bytes, which are no Status$/,
    ],
    ['what is no JSON', 502, `<html>${SECRET}`, /with status 502: 13 bytes, which are no Status$/],
    ['what is none in 403', 403, `{"data":"${SECRET}"}`, /the API server says: 18 bytes, which are no Status$/],
  ];
  for (const [title, status, body, message] of refusals) {
    it(
      `is nothing of a refusal but a Status: ${title}`,
      on(
        async (double) => {
          const answer: Answer = (response) => void response.writeHead(status).end(body);
          double.nextLists.push(answer);
        },
        async ({ errors, watcher }) => {
          assert.match(errors[0] ?? '', message);
          assert.not.match(`${errors.join()} ${inspect(watcher.status.lastError, { depth: Infinity })}`, /hunter2/);
        },
      ),
    );
  }

  it(
    'is the message of a Status, or else its reason',
    on(
      async (double) => {
        for (const fields of [{ message: 'a message', reason: 'a reason' }, { reason: 'a reason' }])
          double.nextLists.push((response) =>
            response.writeHead(500).end(JSON.stringify({ kind: 'Status', ...fields })),
          );
      },
      async ({ errors }) => {
        assert.match(errors[0] ?? '', /with status 500: a message$/);
        assert.match(errors[1] ?? '', /with status 500: a reason$/);
      },
    ),
  );

  const unparsed: Readonly<Record<string, readonly [answer: string, message: RegExp]>> = {
    'a head': [`HTTP/1.1 200 OK\r\nbad header\r\n\r\n${SECRET}`, /cannot reach .*Parse Error/],
    'a body': [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n${SECRET}`, /broke off: aborted$/],
  };
  for (const [what, [answer, message]] of Object.entries(unparsed)) {
    it(
      `is no byte of ${what} that HTTP does not allow`,
      on(
        async (double) => void double.nextLists.push((response) => void response.socket?.end(answer)),
        async ({ errors, watcher }) => {
          assert.match(errors[0] ?? '', message);
          const told = JSON.stringify(watcher.status.lastError, withCauses);
          assert.not.match(told, new RegExp(`${SECRET}|${Buffer.from(SECRET).join()}`));
        },
      ),
    );
  }
});

describe('configMapApiSource: what its errors quote of a command that gives credentials', (it) => {
  const plugin = (command: string, rest: object): object => ({ exec: { command, ...rest } });
  const provider = (name: string, command: string, args: string): object => ({
    authProvider: { name, config: { 'cmd-path': command, 'cmd-args': args } },
  });
  const unfit =
    /^the exec plugin "cat" gave no credentials: it cannot be started with its args and env; run it by hand$/;
  const failed =
    /^the command "(?:cat|\/nowhere)" of the auth-provider gave no credentials: it failed; run it by hand$/;
  const users: Readonly<Record<string, readonly [user: object, message: RegExp]>> = {
    'a plugin that is not there': [
      plugin('/nowhere', { args: [SECRET], env: [{ name: 'A', value: SECRET }] }),
      /^the exec plugin "\/nowhere" gave no credentials: spawn \/nowhere ENOENT; run it by hand$/,
    ],
    'a plugin that may not be run': [plugin('/', { args: [SECRET] }), /gave no credentials: spawn \/ EACCES; run it/],
    'a plugin whose arguments are a text': [plugin('cat', { args: SECRET }), unfit],
    'a plugin with a null byte in an argument': [plugin('cat', { args: [`${SECRET}\0`] }), unfit],
    'a plugin with a null byte in its environment': [
      plugin('cat', { env: [{ name: 'A', value: `${SECRET}\0` }] }),
      unfit,
    ],
    'a provider whose command fails': [provider('gcp', 'cat', `/nowhere/${SECRET}`), failed],
    'a provider whose command is not there': [provider('azure', '/nowhere', SECRET), failed],
    'a provider with a null byte in an argument': [provider('gcp', 'cat', `${SECRET}\0`), failed],
    'a provider that prints no JSON': [
      provider('gcp', 'echo', SECRET),
      /^the command "echo" of the auth-provider gave no credentials: it printed what is not JSON; run it by hand$/,
    ],
  };
  for (const [what, [user, message]] of Object.entries(users)) {
    it(`is none of the arguments: ${what}`, async () => {
      const error = await rejects(credentialsOf(configOf(user), new AbortController().signal), message);
      assert.not.match(`${inspect(error, { depth: Infinity })} ${JSON.stringify(error, withCauses)}`, /hunter2/);
    });
  }

  it('is a file that cannot be read, and no command that was not even started', async () => {
    for (const user of [plugin('cat', { args: [SECRET] }), provider('gcp', 'cat', SECRET)]) {
      const config = configOf({ ...user, certFile: '/nowhere/cert' });
      const message =
        /^client-certificate of the kubeconfig is "\/nowhere\/cert", which cannot be read \(ENOENT\); put the file there, or name another one$/;
      await rejects(credentialsOf(config, new AbortController().signal), message);
    }
  });
});

function configOf(user: object): KubeConfig {
  const config = new KubeConfig();
  const cluster = { name: 'here', server: 'https://127.0.0.1:1', skipTLSVerify: false };
  config.loadFromClusterAndUser(cluster, { ...user, name: 'somebody' });
  return config;
}

/** Starts with a kubeconfig that is refused. */
async function refuses(text: string, message: RegExp): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flagz-secrets-'));
  const kubeConfig = join(folder, 'kubeconfig');
  writeFileSync(kubeConfig, text);
  try {
    const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig });
    const error = await rejects(new FlagSet('shop').watch(source), message);
    // As a log shows it: with all that is underneath.
    assert.not.match(inspect(error, { depth: Infinity }), /hunter2/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Shows of an error what a logger of JSON shows: its own fields, and its cause. */
function withCauses(_: string, value: unknown): unknown {
  return value instanceof Error ? Object.assign({ cause: value.cause }, value) : value;
}
