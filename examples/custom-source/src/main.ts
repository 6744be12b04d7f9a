import { FlagSet, boolean, duration, inRange, int } from '@flagz/core';
import { httpJsonSource } from './http-json-source.ts';

const flags = new FlagSet('custom-source');
const rate = flags.dynamic('rate', int, 10, 'Requests per second.').withValidator(inRange(1, 1000));
flags.dynamic('read_only', boolean, false, 'Refuses all writes.');
flags.dynamic('timeout', duration, 2_000, 'Time for one request.').withValidator(inRange(1, 60_000));

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

flags.subscribe((event) => {
  if (event.kind === 'change') console.log(`${event.flag}: ${event.previous} -> ${event.next}`);
  if (event.kind === 'rejected') console.log(`refused: ${event.error.message}`);
  if (event.kind === 'watcher') console.log(event.error?.message ?? `source "${event.source}": ${event.state}`);
});

try {
  const [url] = process.argv.slice(2);
  if (url === undefined || !URL.canParse(url)) {
    throw new Error('say which document to follow: main.js http://127.0.0.1:9000/flags.json');
  }
  await flags.watch(httpJsonSource(url, { everyMs: 1_000 }), { signal: stop.signal });
  console.log(`rate is ${rate.get()}; change the document, or end with Ctrl-C`);
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
