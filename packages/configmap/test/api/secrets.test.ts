import { inspect } from 'node:util';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlagSet } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { kubeconfigText } from '@flagz/testbed';
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
