import { getEventListeners } from 'node:events';
import { FlagSet, type Source, type Watcher, int, string } from '@flagz/core';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually, sourceContract } from '@flagz/testing';
import { httpJsonSource } from '../src/http-json-source.ts';
import { type DocumentServer, startDocumentServer } from './document-server.ts';

sourceContract(
  describe,
  async (values) => {
    const server = await startDocumentServer({ ...values });
    return {
      source: httpJsonSource(server.url, { everyMs: 20, timeoutMs: 500 }),
      async put(changes) {
        server.document = { ...server.document, ...changes };
      },
      async remove(key) {
        const { [key]: _, ...rest } = server.document;
        server.document = rest;
      },
      interrupt: () => server.stopListening(),
      restore: () => server.listen(),
      async stall() {
        server.answerWith = () => {};
      },
      async resume() {
        server.answerWith = undefined;
      },
      close: () => server.stopListening(),
    };
  },
  { stalls: true },
);

describe('httpJsonSource()', (it) => {
  it('asks again with the ETag and takes 304 for a sign of life', async () => {
    await on({ rate: 20 }, async ({ server, watch, flags }) => {
      const watcher = await watch();
      const { version } = flags;
      const { lastSuccess = 0 } = watcher.status;
      await eventually(() => server.log.length >= 3 && (watcher.status.lastSuccess ?? 0) > lastSuccess);
      assert.equal(server.log.slice(0, 3), ['GET 200', 'GET if-none-match 304', 'GET if-none-match 304']);
      assert.is(flags.version, version);
    });
  });

  it('gives the ETag as revision', async () => {
    await on({ rate: 20 }, async ({ watch }) => {
      assert.match((await watch()).status.revision ?? '', /^"[0-9a-f]{16}"$/);
    });
  });

  it('takes numbers and texts alike', async () => {
    await on({ rate: 20, label: 'a' }, async ({ watch, flags }) => {
      await watch();
      assert.equal([flags.find('rate')?.get(), flags.find('label')?.get()], [20, 'a']);
    });
  });

  it('keeps the query of the URL out of its name', async () => {
    await on({}, async ({ server }) => {
      assert.is(httpJsonSource(server.url).name, server.url.replace('http://', 'http ').replace('?token=hidden', ''));
    });
  });

  it('refuses a text that is no URL at once', () => {
    throws(() => httpJsonSource('config.internal/flags.json'), /Invalid URL/);
  });

  it('fails the start at once where the server wants credentials', async () => {
    await on({}, async ({ server, watch }) => {
      server.answerWith = (response) => void response.writeHead(403).end('no');
      await rejects(watch(), /^source "http 127\.0\.0\.1:\d+\/flags\.json": answered 403$/);
    });
  });

  const failures: readonly [string, string, (server: DocumentServer) => void | Promise<void>][] = [
    ['a status that is an error', 'answered 500', (server) => answer(server, 500, 'no')],
    [
      'what is not JSON, without quoting it',
      'answered with what is not valid JSON',
      (server) => answer(server, 200, '{"label": secret'),
    ],
    [
      'JSON that is no object',
      'answered with JSON that is not an object',
      (server) => answer(server, 200, '["secret"]'),
    ],
    ['an answer that does not come', 'no answer within 300 ms', (server) => void (server.answerWith = () => {})],
    [
      'an answer that does not end',
      'no answer within 300 ms',
      (server) => void (server.answerWith = (response) => void response.writeHead(200).write('{')),
    ],
    ['a server that is away', 'connect ECONNREFUSED', (server) => server.stopListening()],
  ];
  for (const [what, reason, fail] of failures) {
    it(`keeps the values and says why on ${what}`, async () => {
      await on({ rate: 20 }, async ({ server, watch, flags }) => {
        const watcher = await watch();
        await fail(server);
        await eventually(() => watcher.state === 'stale');
        assert.ok(
          watcher.status.lastError?.message.includes(`flags.json": ${reason}`),
          watcher.status.lastError?.message,
        );
        assert.is(flags.find('rate')?.get(), 20);
      });
    });
  }

  it('leaves nothing on its signal, however often it asks', async () => {
    await on({ rate: 20 }, async ({ server, source, flags }) => {
      let attempt: AbortSignal | undefined;
      await flags.watch({
        name: source.name,
        watch(sink, signal) {
          attempt = signal;
          return source.watch(sink, signal);
        },
      });
      await eventually(() => server.log.length > 50);
      assert.ok(getEventListeners(attempt!, 'abort').length <= 2);
    });
  });

  it('stops at once in the midst of a request', async () => {
    await on({ rate: 20 }, async ({ server, watch }) => {
      const watcher = await watch();
      const asked = new Promise<void>((resolve) => (server.answerWith = () => resolve()));
      await asked;
      const before = performance.now();
      await watcher.stop();
      assert.ok(performance.now() - before < 200);
    });
  });
});

interface Stage {
  readonly server: DocumentServer;
  readonly flags: FlagSet;
  readonly source: Source;
  readonly watch: () => Promise<Watcher>;
}

async function on(document: Record<string, unknown>, test: (stage: Stage) => Promise<void>): Promise<void> {
  const server = await startDocumentServer(document);
  const flags = new FlagSet('test');
  flags.dynamic('rate', int, 10, 'A number.');
  flags.dynamic('label', string, 'none', 'A text.');
  const source = httpJsonSource(server.url, { everyMs: 10, timeoutMs: 300 });
  try {
    await test({ server, flags, source, watch: () => flags.watch(source) });
  } finally {
    await Promise.all(flags.watchers.map((watcher) => watcher.stop()));
    await server.stopListening();
  }
}

function answer(server: DocumentServer, status: number, text: string): void {
  server.answerWith = (response) => void response.writeHead(status).end(text);
}
