// Watches a directory and says what happens, one JSON line each: `node watch-dir.child.ts DIR [not-required]`. Ends with its input.
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, int } from '@flagz/core';

const [dir = '', mode] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const flags = new FlagSet('child');
const rate = flags.dynamic('rate', int, 1, 'A number.');
flags.subscribe((event) => {
  if (event.kind === 'change') say({ rate: event.next });
  if (event.kind === 'watcher' && event.error) say({ state: event.state, error: event.error.message });
});
try {
  const watcher = await flags.watch(configMapMountSource(dir, { rescanMs: 100_000_000 }), {
    required: mode !== 'not-required',
  });
  say({ started: rate.get() });
  for await (const _ of process.stdin);
  await watcher.stop();
} catch (error) {
  say({ failed: (error as Error).message, rate: rate.get() });
}
