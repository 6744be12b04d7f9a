import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { entries, peerSpecifiers } from './entries.ts';
import { median } from './statistics.ts';
import type { Report, Subject } from './subject.ts';
import { showRatio, showTime } from './table.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

const PROCESSES = 21;
const BARE = 'node -e 0';
const ONE_LINE = 'a module of one line';
const CORE = '@flagz/core';
const BUNDLED = `${CORE}, bundled into one file`;

/** Is what one fresh process took, in nanoseconds. */
interface Took {
  /** From its start to its end. */
  readonly process: number;
  /** What the process itself measured around `import()`; 0 for the bare one. */
  readonly import: number;
}

/** Measures what importing each entry adds to the start of a program. */
export const importTime: Subject = {
  name: 'import',
  title: 'Import: fresh processes, built files, medians',
  async measure(effort) {
    const dir = await mkdtemp(join(tmpdir(), 'flagz-bench-'));
    try {
      const specifiers = new Map([
        [ONE_LINE, new URL('one-line.mjs', import.meta.url).href],
        ...entries().map(({ specifier }) => [specifier, specifier] as const),
        [BUNDLED, await bundleCore(dir)],
        ...peerSpecifiers.map((specifier) => [specifier, specifier] as const),
      ]);
      return report(await startAll(specifiers, Math.ceil(PROCESSES * effort)));
    } finally {
      await rm(dir, { recursive: true });
    }
  },
};

/** Tells what of the time the number of files takes, which packages are published with. */
async function bundleCore(dir: string): Promise<string> {
  const { file } = entries().find(({ specifier }) => specifier === CORE)!;
  const outfile = join(dir, 'core.mjs');
  await build({ entryPoints: [file], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' });
  return pathToFileURL(outfile).href;
}

/** Starts processes in turn, so that a load on the machine meets all of them alike. */
async function startAll(specifiers: ReadonlyMap<string, string>, rounds: number): Promise<Map<string, Took[]>> {
  const took = new Map<string, Took[]>([BARE, ...specifiers.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, list] of took) list.push(await start(specifiers.get(name)));
  }
  return took;
}

function report(took: ReadonlyMap<string, readonly Took[]>): Report {
  const bare = took.get(BARE)!;
  const figures = Array.from(took, ([name, list]) => ({
    name,
    process: median(list.map((one) => one.process)),
    import: median(list.map((one) => one.import)),
    ratio: median(list.map((one, round) => one.process / bare[round]!.process)),
  }));
  const core = figures.find(({ name }) => name === CORE)!;
  return {
    table: {
      head: ['entry', 'import()', 'whole process', 'ratio'],
      rows: figures.map((figure) => [
        figure.name,
        figure.name === BARE ? '' : showTime(figure.import),
        showTime(figure.process),
        showRatio(figure.ratio),
      ]),
    },
    goals: [{ what: `import of ${CORE}`, limit: 5, measured: core.import / 1e6, unit: ' ms' }],
  };
}

/** Runs one process that imports one module, or nothing. */
async function start(specifier: string | undefined): Promise<Took> {
  const code = `const start = performance.now();
    await import(${JSON.stringify(specifier)});
    process.stdout.write(String((performance.now() - start) * 1e6));`;
  const args = specifier === undefined ? ['-e', '0'] : ['--input-type=module', '-e', code];
  const from = performance.now();
  const { stdout } = await run(process.execPath, args, {
    cwd: here,
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', SUPPRESS_NO_CONFIG_WARNING: 'true' },
  });
  return { process: (performance.now() - from) * 1e6, import: Number(stdout) };
}
