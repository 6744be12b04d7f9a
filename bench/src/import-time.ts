import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { entries, peerSpecifiers } from './entries.ts';
import { median } from './statistics.ts';
import type { Subject } from './subject.ts';
import { showRatio, showTime } from './table.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

const PROCESSES = 21;
const BARE = 'node -e 0';
const ONE_LINE = 'a module of one line';
const CORE = '@flagz/core';

/** Is what one fresh process took, in nanoseconds. */
interface Took {
  /** From its start to its end. */
  readonly process: number;
  /** What the process itself measured around `import()`; nothing for the bare one. */
  readonly import: number | undefined;
}

/** Measures what importing each entry adds to the start of a program. */
export const importTime: Subject = {
  name: 'import',
  title: 'Import: fresh processes, built files, medians',
  async measure(effort) {
    const specifiers = [ONE_LINE, ...entries().map(({ specifier }) => specifier), ...peerSpecifiers];
    const took = new Map<string, Took[]>([BARE, ...specifiers].map((name) => [name, []]));
    // In turn, so that a load on the machine meets all of them alike.
    for (let round = 0; round < PROCESSES * effort; round++) {
      for (const [name, list] of took) list.push(await start(name));
    }
    const figures = Array.from(took, ([name, list]) => ({
      name,
      process: median(list.map((one) => one.process)),
      import: median(list.map((one) => one.import ?? 0)),
      ratio: median(list.map((one, round) => one.process / took.get(BARE)![round]!.process)),
    }));
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
      goals: [
        {
          what: `import of ${CORE}`,
          limit: 5,
          measured: figures.find(({ name }) => name === CORE)!.import / 1e6,
          unit: ' ms',
        },
      ],
    };
  },
};

async function start(name: string): Promise<Took> {
  const specifier = name === ONE_LINE ? new URL('one-line.mjs', import.meta.url).href : name;
  const code = `const start = performance.now();
    await import(${JSON.stringify(specifier)});
    process.stdout.write(String((performance.now() - start) * 1e6));`;
  const args = name === BARE ? ['-e', '0'] : ['--input-type=module', '-e', code];
  const from = performance.now();
  const { stdout } = await run(process.execPath, args, {
    cwd: here,
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', SUPPRESS_NO_CONFIG_WARNING: 'true' },
  });
  return { process: (performance.now() - from) * 1e6, import: stdout === '' ? undefined : Number(stdout) };
}
