// The entry of the process of one test file: `node --import tsx -C @flagz/source child.ts FILE`.
import { pathToFileURL } from 'node:url';
import type { ChildMessage, ParentMessage, SuiteTotals } from './protocol.ts';
import { registry } from './registry.ts';

/** A suite in uvu's queue: gives [the failures as text, or true; passed; skipped; total]. */
type QueuedSuite = () => Promise<[string | true, number, number, number]>;

const globals = globalThis as unknown as {
  UVU_DEFER: boolean;
  UVU_INDEX: number;
  UVU_QUEUE: [null, ...QueuedSuite[]][];
};

function tell(message: ChildMessage): void {
  process.send?.(message);
}

process.on('message', (message: ParentMessage) => {
  if (message.kind === 'what-is-open') tell({ kind: 'open', resources: openedByTests() });
});
// A runner that was killed must not leave tests behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The questions of the runner must not keep alive a process that has nothing else to do.
process.channel?.unref();

// The channel and the output are active in every process: only what came later is news. Output opens when first used.
void process.stdout;
void process.stderr;
const own = process.getActiveResourcesInfo();

function openedByTests(): string[] {
  const rest = [...own];
  return process.getActiveResourcesInfo().filter((resource) => {
    const index = rest.indexOf(resource);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

// Left alone, uvu starts on a timer: a file with a top-level await would run some suites twice and others never.
// Deferred, as under its own command line, it waits until the whole file has been loaded.
globals.UVU_DEFER = true;
globals.UVU_INDEX = 0;
const group: [null, ...QueuedSuite[]] = [null];
globals.UVU_QUEUE = [group];

const [file] = process.argv.splice(2, 1);
await import(pathToFileURL(file ?? '').href);
registry.running = true;

const suites: SuiteTotals[] = [];
const declared = group.length;
for (let i = 1; i < declared; i++) {
  const run = group[i] as QueuedSuite;
  group[i] = async () => {
    const result = await run();
    const [failures, passed, skipped, total] = result;
    suites.push({ total, passed, skipped, swallowed: failures === true && passed < total });
    return result;
  };
}

const { exec } = await import('uvu');
// exec() takes the null away; whatever else changed the length is a suite that was added while others ran.
await exec();
tell({
  kind: 'totals',
  totals: {
    suites,
    lateSuites: group.length - (declared - 1),
    skips: registry.skips,
    onlys: registry.onlys,
    on: registry.on,
  },
});
