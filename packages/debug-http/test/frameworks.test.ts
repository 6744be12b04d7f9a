import { createServer } from 'node:http';
import { FlagSet, int } from '@flagz/core';
import { type TestBody, assert, describe } from '@flagz/test-runner';
import { serve as honoServe } from '@hono/node-server';
import connect from 'connect';
import express from 'express';
// Under another name it has no types of its own; what is used here is the same in 5.
// @ts-expect-error: no declarations
import untypedExpress4 from 'express-4';
import fastify from 'fastify';
import { Hono } from 'hono';
import { type FlagzDocument, type FlagzHandler, flagzFetchHandler, flagzHandler } from '@flagz/debug-http';
import { type RuntimeName, missingRuntime, startRuntime } from './runtime.ts';
import { type Served, listen, serve } from './serve.ts';

/** Is how one kind of server takes the handler in: of the flag set, or of one like it in a process of its own. */
type Mount = (flags: FlagSet) => Promise<Pick<Served, 'url'> & AsyncDisposable>;

const express4 = untypedExpress4 as typeof express;
const authorize = (): string => 'ann';
const handlerOf = (flags: FlagSet): FlagzHandler => flagzHandler(flags, { writable: { authorize } });

const MOUNTS: Readonly<Record<string, Mount>> = {
  'node:http': (flags) => serve(handlerOf(flags)),
  'Express 5': (flags) => serve(express().use('/debug/flagz', handlerOf(flags))),
  'Express 5, behind body parsers': (flags) =>
    serve(express().use(express.json(), express.urlencoded()).all('/debug/flagz', handlerOf(flags))),
  'Express 4': (flags) => serve(express4().use('/debug/flagz', handlerOf(flags))),
  'Express 4, behind body parsers': (flags) =>
    serve(
      express4()
        .use(express4.json(), express4.urlencoded({ extended: true }))
        .all('/debug/flagz', handlerOf(flags)),
    ),
  Connect: (flags) => serve(connect().use('/debug/flagz', handlerOf(flags))),
  Fastify: async (flags) => {
    const handler = handlerOf(flags);
    const app = fastify({ serverFactory: (listener) => createServer(listener) });
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
      scope.all('/debug/flagz', (request, reply) => {
        reply.hijack();
        handler(request.raw, reply.raw);
      });
    });
    await app.ready();
    return listen(app.server);
  },
  Hono: async (flags) => {
    const handler = flagzFetchHandler(flags, { writable: { authorize } });
    const app = new Hono().all('/debug/flagz', (context) => handler(context.req.raw));
    let server: unknown;
    const port = await new Promise<number>((resolve) => {
      server = honoServe({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port));
    });
    const running = server as Served['server'];
    return {
      url: `http://127.0.0.1:${port}/debug/flagz`,
      async [Symbol.asyncDispose]() {
        running.close();
        running.closeAllConnections();
      },
    };
  },
  'Bun.serve': () => runtime('bun'),
  'Deno.serve': () => runtime('deno'),
};

const MISSING: Readonly<Record<string, string | undefined>> = {
  'Bun.serve': missingRuntime('bun'),
  'Deno.serve': missingRuntime('deno'),
};

async function runtime(name: RuntimeName): Promise<Pick<Served, 'url'> & AsyncDisposable> {
  const server = await startRuntime(name);
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      assert.is((await server.stop()).code, 0);
    },
  };
}

for (const [name, mount] of Object.entries(MOUNTS)) {
  describe(`the handler in ${name}`, (test) => {
    let served: Awaited<ReturnType<Mount>>;
    const missing = MISSING[name];
    const it = (title: string, run: TestBody): void => {
      if (missing) test.skip(title, missing, run);
      else test(title, run);
    };

    test.beforeEach(async () => {
      const flags = new FlagSet('checkout');
      flags.dynamic('rate', int, 10, 'Rate.');
      served = await mount(flags);
    });
    test.afterEach(async () => await served[Symbol.asyncDispose]());

    const set = (value: string): Promise<Response> =>
      fetch(served.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ flag: 'rate', value }),
      });
    const rate = async (): Promise<string | undefined> =>
      ((await (await fetch(served.url)).json()) as FlagzDocument).flags[0]?.current_value;

    it('gives page, JSON and assets with its headers', async () => {
      const page = await fetch(served.url, { headers: { accept: 'text/html' } });
      const markup = await page.text();
      assert.match(markup, /checkout/);
      assert.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.is(page.headers.get('x-content-type-options'), 'nosniff');
      assert.is(page.headers.get('x-frame-options'), 'DENY');
      assert.match(page.headers.get('cache-control') ?? '', /no-store/);
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/);
      assert.not.match(policy, /unsafe|\*|https?:/);
      for (const [, query] of markup.matchAll(/(?:href|src)="(\?asset=[^"]+)"/g)) {
        const asset = await fetch(served.url + query);
        assert.is(asset.status, 200);
        assert.ok((await asset.text()).length > 100);
        assert.is(asset.headers.get('x-content-type-options'), 'nosniff');
      }
      assert.is(((await (await fetch(`${served.url}?type=dynamic`)).json()) as { flags: unknown[] }).flags.length, 1);
    });

    it('answers 304 while nothing has changed', async () => {
      const first = await fetch(served.url);
      await first.text();
      const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
      const same = await fetch(served.url, { headers });
      assert.equal([same.status, await same.text()], [304, '']);
      await set('11');
      assert.is((await fetch(served.url, { headers })).status, 200);
    });

    it('answers HEAD without a body', async () => {
      const response = await fetch(served.url, { method: 'HEAD' });
      assert.equal([response.status, await response.text()], [200, '']);
      assert.is(
        (await fetch(`${served.url}?live=1`, { method: 'HEAD' })).headers.get('content-type'),
        'text/event-stream; charset=utf-8',
      );
    });

    it('refuses other methods, and says which it takes', async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await fetch(served.url, { method });
        assert.equal([response.status, response.headers.get('allow')], [405, 'GET, HEAD, POST']);
      }
    });

    it('follows changes', async () => {
      const gone = new AbortController();
      const response = await fetch(`${served.url}?live=`, { signal: gone.signal });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const seen = async (pattern: RegExp): Promise<void> => {
        for (let text = ''; !pattern.test(text);) {
          const { value, done } = await reader.read();
          assert.not(done, `the stream ended after ${text}`);
          text += new TextDecoder().decode(value);
        }
      };
      await seen(/event: reload/);
      await set('77');
      await seen(/event: news[\s\S]*77/);
      gone.abort();
    });

    it('sets a flag by JSON and by form', async () => {
      const json = await set('20');
      assert.equal([json.status, ((await json.json()) as { outcome: string }).outcome], [200, 'accepted']);
      assert.is(await rate(), '20');
      const page = await (await fetch(`${served.url}?flag=rate`, { headers: { accept: 'text/html' } })).text();
      const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
      const form = await fetch(served.url, {
        method: 'POST',
        redirect: 'manual',
        headers: { accept: 'text/html' },
        body: new URLSearchParams({ flag: 'rate', value: '30', token, ttl: '' }),
      });
      assert.is(form.status, 303);
      assert.is(await rate(), '30');
      const after = await fetch(new URL(form.headers.get('location') ?? '', served.url), {
        headers: { accept: 'text/html' },
      });
      assert.match(await after.text(), /Set by/);
    });
  });
}
