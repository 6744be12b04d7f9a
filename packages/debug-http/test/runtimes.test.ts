import { type TestBody, assert, describe } from '@flagz/test-runner';
import { type RuntimeName, missingRuntime, startRuntime } from './runtime.ts';

/** Reads a live stream until it has said something, or to its end. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const utf8 = new TextDecoder();
  let text = '';
  for (let done = false; !done && !pattern.test(text);) {
    const next = await reader.read();
    text += utf8.decode(next.value, { stream: true });
    done = next.done;
  }
  reader.releaseLock();
  return text;
}

for (const name of ['bun', 'deno'] satisfies RuntimeName[]) {
  describe(`a live stream in ${name}`, (it) => {
    const missing = missingRuntime(name);
    const test = (title: string, run: TestBody): void => {
      if (missing) it.skip(title, missing, run);
      else it(title, run);
    };

    test('ends with the service', async () => {
      const server = await startRuntime(name);
      const response = await fetch(`${server.url}?live=`);
      assert.match(await readUntil(response, /event: reload\n/), /^retry: 2000\n/);
      const rest = readUntil(response, /(?!)/);
      assert.is((await server.stop()).code, 0);
      await rest;
    });

    // Bun ends a connection that is silent for 10 s, unless it is told otherwise; a beat comes after 15 s.
    if (name === 'bun') {
      test('stays open while nothing happens', async () => {
        const server = await startRuntime(name);
        const response = await fetch(`${server.url}?live=`);
        await readUntil(response, /event: reload\n/);
        assert.match(await readUntil(response, /event: news\n/), /event: news\n/);
        await response.body?.cancel();
        await server.stop();
      });
    }
  });
}
