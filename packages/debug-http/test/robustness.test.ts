// timeout: 180 s
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type Socket, connect as netConnect } from 'node:net';
import { FlagSet, int, json, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { flagzFetchHandler, flagzHandler } from '@flagz/debug-http';
import { type Served, serve } from './serve.ts';

interface News {
  readonly rows: Readonly<Record<string, string>>;
  readonly gone: readonly string[];
  readonly overview: string;
}

const HTML = { accept: 'text/html' };

async function connection(url: string): Promise<Socket> {
  const { port } = new URL(url);
  const socket = netConnect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('hostile values', (it) => {
  const hostile: Readonly<Record<string, string>> = {
    script: `<script>alert(1)</script><img src=x onerror=alert(2)>`,
    quotes: `"'\`><b onmouseover="alert(3)">&amp;`,
    controls: '\u0000\u0007\u001b[31mred\u007f\u0085',
    directions: 'abc\u202Egpj.exe\u2066x\u200Fy\u200Bz\uFEFF',
    surrogates: 'half \uD800 pair \uDC00',
    lines: 'a\u2028b\u2029c\r\nd',
    closing: '</textarea></pre></code></li><!-- ]]> -->',
  };

  it('are shown harmlessly, wherever they come from', async () => {
    const flags = new FlagSet('<script>alert("set")</script>');
    for (const [name, value] of Object.entries(hostile))
      flags.dynamic(name, string, value, value, { deprecated: value });
    const numbers = flags.dynamic('number', int, 1, 'Number.');
    numbers.withValidator((next) => next < 5 || (hostile['script'] ?? false));
    flags.load({ name: '<b>source</b>', kind: 'source' }, [
      ...Object.entries(hostile).map(([name, value]) => [name, `${value}!`] as const),
      ['number', '9'],
      ['<i>unknown</i>', '1'],
    ]);
    numbers.setText('2', { actor: '<u>actor</u>' });
    const handler = flagzFetchHandler(flags, { writable: { authorize: () => '<u>actor</u>' } });
    const queries = [
      '',
      '?q=%3Cscript%3E%22',
      ...Object.keys(hostile).map((name) => `?flag=${name}`),
      '?flag=%3Cscript%3E',
      '?flag=number&fragment',
    ];
    for (const query of queries) {
      const response = await handler(new Request(`http://service.test/${query}`, { headers: HTML }));
      const page = await response.text();
      assert.not.match(page, /<script>|<img|<b onm|<b>source|<i>unknown|<u>actor|<!-- ]]|onerror=alert\(2\)>/, query);
      // Only line breaks and tabs are left of what controls, in the page as a whole.
      assert.not.match(page, /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u, query);
    }
    const answer = await handler(new Request('http://service.test/'));
    const { flags: all } = (await answer.json()) as { flags: { name: string; default_value: string }[] };
    for (const { name, default_value: text } of all) if (hostile[name]) assert.is(text, hostile[name]);
  });

  it('of a megabyte leave the page small and quick', async () => {
    const flags = new FlagSet('s');
    const big = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => ({ index, '<': '\u202e' })));
    const flag = flags.dynamic('big', json(), [] as unknown[], 'Big.');
    flag.setText(big);
    const handler = flagzFetchHandler(flags);
    for (const query of ['', '?flag=big']) {
      const started = performance.now();
      const page = await (await handler(new Request(`http://service.test/${query}`, { headers: HTML }))).text();
      assert.ok(page.length < 400_000, `${page.length} characters`);
      assert.ok(performance.now() - started < 2_000);
      assert.match(page, /… \d+ characters/);
    }
  });
});

describe('malformed requests', (it) => {
  let flags: FlagSet;
  let served: Served;
  it.before(async () => {
    flags = new FlagSet('s');
    flags.dynamic('rate', int, 10, 'Rate.');
    served = await serve(flagzHandler(flags, { writable: { authorize: () => 'ann' } }));
  });
  it.after(async () => await served[Symbol.asyncDispose]());

  it('get an answer, and change nothing', async () => {
    const queries = [
      '?',
      '??',
      '?&&&',
      '?%',
      '?%zz=%',
      '?type',
      '?type=%00',
      '?flag',
      '?flag=__proto__',
      '?flag=constructor',
      '?asset',
      '?asset=../../etc/passwd',
      `?q=${'('.repeat(3000)}`,
      '?live&live',
      `?${'a=1&'.repeat(1000)}`,
      `?q=${'x'.repeat(5000)}`,
    ];
    for (const query of queries.filter((text) => !text.includes('live'))) {
      for (const accept of ['text/html', 'application/json']) {
        const response = await fetch(served.url + query, { headers: { accept } });
        await response.text();
        assert.ok([200, 404, 414].includes(response.status), `${query}: ${response.status}`);
      }
    }
    assert.is((await fetch(`${served.url}?q=${'x'.repeat(5000)}`)).status, 414);
  });

  it('whose body never ends, is too long, or breaks off, do no harm', async () => {
    const socket = await connection(served.url);
    socket.write(
      'POST /debug/flagz HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"flag"',
    );
    socket.destroy();
    const long = httpRequest(served.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    long.on('error', () => {});
    const answered = once(long, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
    const chunk = 'x'.repeat(1024 * 1024);
    for (let sent = 0; sent < 6; sent++) long.write(chunk);
    const [response] = await answered;
    assert.is(response.statusCode, 413);
    response.resume();
    long.destroy();
    assert.is((await fetch(served.url)).status, 200);
    assert.is(flags.version, 0);
  });

  it('answer 500 without details when a flag type fails', async () => {
    const broken = new FlagSet('s');
    const flag = broken.dynamic('x', string, 'a', 'X.');
    flag.info = () => {
      throw new Error('secret');
    };
    const response = await flagzFetchHandler(broken)(new Request('http://service.test/'));
    assert.is(response.status, 500);
    assert.not.match(await response.text(), /secret/);
  });
});

describe('clients that leave', (it) => {
  it('while the page is written, end nothing', async () => {
    const flags = new FlagSet('s');
    for (let index = 0; index < 3000; index++) flags.dynamic(`flag_${index}`, string, 'x'.repeat(200), 'A flag.');
    await using served = await serve(flagzHandler(flags));
    for (let round = 0; round < 20; round++) {
      const socket = await connection(served.url);
      socket.write('GET /debug/flagz HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n');
      if (round % 2) await once(socket, 'data');
      socket.resetAndDestroy();
    }
    assert.is((await fetch(served.url)).status, 200);
  });
});

describe('a reader of a long text', (it) => {
  const long = (): FlagSet => {
    const flags = new FlagSet('s');
    for (let index = 0; index < 8; index++) flags.dynamic(`text_${index}`, string, 'ä'.repeat(1024 * 1024), 'Long.');
    return flags;
  };

  it('gets all of it, in pieces', async () => {
    await using served = await serve(flagzHandler(long()));
    const response = await fetch(served.url);
    const text = await response.text();
    assert.is(Number(response.headers.get('content-length')), Buffer.byteLength(text));
    const { flags } = JSON.parse(text) as { flags: { current_value: string }[] };
    assert.ok(flags.every((flag) => flag.current_value === 'ä'.repeat(1024 * 1024)));
  });

  it('is given up when it has taken nothing for a minute, and little waits for it until then', async () => {
    const handler = flagzHandler(long());
    let most = 0;
    let closed = false;
    await using served = await serve((request, response) => {
      handler(request, response);
      const looking = setInterval(() => (most = Math.max(most, response.writableLength)), 5);
      response.once('close', () => {
        closed = true;
        clearInterval(looking);
      });
    });
    // A minute is half a second here; nothing else in this test waits that long.
    const { setTimeout: wait } = globalThis;
    const hurried = (act: () => void, ms = 0): unknown => wait(act, ms === 60_000 ? 500 : ms);
    globalThis.setTimeout = hurried as typeof globalThis.setTimeout;
    try {
      const socket = await connection(served.url);
      socket.pause();
      socket.write('GET /debug/flagz HTTP/1.1\r\nHost: x\r\n\r\n');
      await eventually(() => closed, { withinMs: 10_000 });
      socket.destroy();
    } finally {
      globalThis.setTimeout = wait;
    }
    assert.ok(most > 0 && most < 1024 * 1024, `${most} bytes wait`);
  });
});

describe('the live stream', (it) => {
  const open = async (url: string): Promise<Socket> => {
    const socket = await connection(url);
    socket.write('GET /debug/flagz?live= HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  };

  it('serves 200 clients that come and go, and forgets them', async () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 0, 'Rate.');
    await using served = await serve(flagzHandler(flags));
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open(served.url)));
    const received = sockets.map(() => '');
    for (const [index, socket] of sockets.entries()) {
      socket.on('data', (chunk: Buffer) => {
        received[index] += chunk.toString();
      });
    }
    await eventually(() => received.every((text) => text.includes('event: reload')), { withinMs: 20_000 });
    for (const [index, socket] of sockets.entries()) if (index % 2) socket.destroy();
    for (let value = 1; value <= 100; value++) rate.set(value);
    rate.set(4711);
    const staying = (): string[] => received.filter((_, index) => index % 2 === 0);
    await eventually(() => staying().every((text) => text.includes('4711')), { withinMs: 10_000 });
    assert.ok(
      staying().every((text) => (text.match(/event: news/g) ?? []).length <= 2),
      'a burst is one message',
    );
    for (const socket of sockets) socket.destroy();
    const connections = (): Promise<number> =>
      new Promise((resolve) => served.server.getConnections((_, count) => resolve(count)));
    await eventually(async () => (await connections()) === 0);
  });

  it('shows each flag once for all clients, whatever their filters', async () => {
    const flags = new FlagSet('s');
    let calls = 0;
    const all = Array.from({ length: 50 }, (_, index) => flags.dynamic(`flag_${index}`, int, 0, 'A flag.'));
    for (const flag of all) {
      const info = flag.info.bind(flag);
      flag.info = () => {
        calls++;
        return info();
      };
    }
    const handler = flagzFetchHandler(flags);
    const page = await (await handler(new Request('http://service.test/', { headers: HTML }))).text();
    const position = /data-position="([^"]+)"/.exec(page)?.[1] ?? '';
    const clients = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const response = await handler(new Request(`http://service.test/?live=${position}&q=flag_${index}`));
        const reader = (response.body as ReadableStream<Uint8Array>).getReader();
        const client = { reader, heard: '' };
        void (async () => {
          for (let next = await reader.read(); !next.done; next = await reader.read())
            client.heard += new TextDecoder().decode(next.value);
        })();
        return client;
      }),
    );
    await eventually(() => clients.every(({ heard }) => heard.includes('event: current')));
    calls = 0;
    all[7]?.set(4711);
    await eventually(() => clients.every(({ heard }) => heard.includes('event: news')));
    assert.ok(calls <= 2 * all.length, `${calls} looks at ${all.length} flags`);
    const told = clients.map(({ heard }) => JSON.parse(/event: news\n.*\ndata: (.*)/.exec(heard)?.[1] ?? '') as News);
    assert.equal(Object.keys(told[7]?.rows ?? {}), ['flag_7']);
    assert.equal([told[8]?.rows, told[8]?.gone], [{}, ['flag_7']]);
    assert.ok(told.every(({ overview }) => overview === told[0]?.overview));
    await Promise.all(clients.map(({ reader }) => reader.cancel()));
  });

  it('keeps no more memory for a client that stops reading', async () => {
    const flags = new FlagSet('s', { historySize: 10 });
    const text = flags.dynamic('text', string, '', 'Text.');
    let buffered = (): number => 0;
    const handler = flagzHandler(flags);
    await using served = await serve((request, response) => {
      buffered = () => response.writableLength;
      handler(request, response);
    });
    const socket = await open(served.url);
    socket.pause();
    let most = 0;
    const started = Date.now();
    // Longer than all buffers between the two: the handler must stop writing.
    await eventually(
      () => {
        for (let round = 0; round < 20; round++) text.set(`${Math.random()}`.repeat(2000));
        most = Math.max(most, buffered());
        return Date.now() - started > 3_000;
      },
      { withinMs: 20_000 },
    );
    assert.ok(most < 4 * 1024 * 1024, `${most} bytes wait`);
    let all = '';
    socket.on('data', (chunk: Buffer) => {
      all = (all + chunk.toString()).slice(-500_000);
    });
    socket.resume();
    text.set('the last one');
    await eventually(() => all.includes('the last one'));
    socket.destroy();
  });

  it('gives up a reader of a Fetch server that has taken nothing for a minute', async () => {
    const flags = new FlagSet('s');
    const text = flags.dynamic('text', string, '', 'Text.');
    const handler = flagzFetchHandler(flags);
    const fetchLive = (): Promise<Response> => handler(new Request('http://service.test/?live='));
    // A minute is a tenth of a second here; nothing else in this test waits that long.
    const { setTimeout: wait } = globalThis;
    const hurried = (act: () => void, ms = 0): unknown => wait(act, ms === 60_000 ? 100 : ms);
    globalThis.setTimeout = hurried as typeof globalThis.setTimeout;
    try {
      const reading = ((await fetchLive()).body as ReadableStream<Uint8Array>).getReader();
      const stopped = ((await fetchLive()).body as ReadableStream<Uint8Array>).getReader();
      await stopped.read();
      let heard = '';
      void (async () => {
        for (let next = await reading.read(); !next.done; next = await reading.read()) {
          heard += new TextDecoder().decode(next.value);
        }
      })();
      // Slots are bounded: what fills up with stopped readers would refuse everybody.
      const idle = await Promise.all(
        Array.from({ length: 498 }, async () => (await fetchLive()).body?.getReader().read()),
      );
      assert.is(idle.length, 498);
      assert.is((await fetchLive()).status, 503);
      await eventually(async () => {
        text.set(`${Math.random()}`);
        const answer = await fetchLive();
        await answer.body?.cancel();
        return answer.status === 200;
      });
      text.set('heard to the end');
      await eventually(() => heard.includes('heard to the end'));
      await reading.cancel();
      await stopped.cancel().catch(() => {});
    } finally {
      globalThis.setTimeout = wait;
    }
  });

  it('goes on where a client was, and has it load again after a restart of the service', async () => {
    const flags = new FlagSet('s');
    const rate = flags.dynamic('rate', int, 0, 'Rate.');
    const handler = flagzFetchHandler(flags);
    const page = await (await handler(new Request('http://service.test/', { headers: HTML }))).text();
    const position = /data-position="([^"]+)"/.exec(page)?.[1] ?? '';
    rate.set(7);
    const read = async (query: string, headers: Record<string, string> = {}): Promise<string> => {
      const response = await handler(new Request(`http://service.test/${query}`, { headers }));
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      let text = '';
      while (!/event: \w+\nid: [\s\S]*\n\n/.test(text)) text += new TextDecoder().decode((await reader.read()).value);
      await reader.cancel();
      return text;
    };
    assert.match(await read(`?live=${position}`), /event: news\n[\s\S]*"rate"/);
    assert.match(await read('?live=', { 'last-event-id': position }), /event: news\n[\s\S]*"rate"/);
    for (const old of ['0f0f0f0f-12', '', 'x', `${position}x`])
      assert.match(await read(`?live=${old}`), /event: reload\n/);
  });

  it('has pages load again when very much has changed', async () => {
    const flags = new FlagSet('s');
    const names = Array.from({ length: 300 }, (_, index) => `flag_${index}`);
    for (const name of names) flags.dynamic(name, int, 0, 'A flag.');
    const handler = flagzFetchHandler(flags);
    const page = await (await handler(new Request('http://service.test/', { headers: HTML }))).text();
    const position = /data-position="([^"]+)"/.exec(page)?.[1] ?? '';
    flags.load(
      { name: 'x', kind: 'source' },
      names.map((name) => [name, '1'] as const),
    );
    const response = await handler(new Request(`http://service.test/?live=${position}`));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    assert.match(new TextDecoder().decode((await reader.read()).value), /^event: reload\n/);
    await reader.cancel();
  });

  it('ends with the signal, so that a server can close', async () => {
    const stop = new AbortController();
    const flags = new FlagSet('s');
    const served = await serve(flagzHandler(flags, { signal: stop.signal }));
    const response = await fetch(`${served.url}?live=`);
    const closed = once(served.server, 'close');
    served.server.close();
    stop.abort();
    await response.text();
    served.server.closeIdleConnections();
    await closed;
  });
});
