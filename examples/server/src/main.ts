import { EventsLog } from './events-log.ts';
import { flags } from './flags.ts';
import { startServer } from './server.ts';
import { startSources } from './sources.ts';

/** Serves until the signal aborts; by then everything that it started has ended. */
async function serve(signal: AbortSignal): Promise<void> {
  const log = new EventsLog((line) => process.stdout.write(`${line}\n`));
  try {
    if (!(await startSources(process.argv, signal))) return;
    await using server = await startServer(log);
    log.listening(server.url);
    await aborted(signal);
  } finally {
    await Promise.all(flags.watchers.map((watcher) => watcher.stop()));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, ' ');
}

const stop = new AbortController();
// Not once(): a second Ctrl-C would end the process in the midst of the first.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
// Whoever reads the log may go away; the service goes on.
process.stdout.on('error', () => {});

// Nothing calls process.exit(): the process ends by itself, which proves that nothing is left over.
try {
  await serve(stop.signal);
} catch (error) {
  // A start that was aborted rejects with the signal's reason: that is no failure.
  if (error !== stop.signal.reason) {
    process.stderr.write(`error: ${oneLine(error)}\n`);
    process.exitCode = 1;
  }
}
