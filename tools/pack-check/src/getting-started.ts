import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { run } from './run.ts';

const TIME_OUT_MS = 20_000;

/** Is what a reader does, one after the other, in the order of the document. */
interface Story {
  readonly install: string;
  readonly program: string;
  readonly start: string;
  /** The first line that the program prints. */
  readonly greeting: string;
  readonly steps: readonly { readonly command: string; readonly printed: string }[];
}

export interface Reader {
  /** Where the reader begins; is made. */
  readonly folder: string;
  /** The program `node` that the reader has. */
  readonly node: string;
  /** How the reader names the program's file. */
  readonly file: string;
  /** What stands for packages that are not published yet, by name. */
  readonly tarballs: ReadonlyMap<string, string>;
}

/**
 * Does what "Getting started" says, and compares what it shows.
 *
 * @throws {Error} when a command fails, or prints something else.
 */
export async function getStarted(document: string, { folder, node, file, tarballs }: Reader): Promise<void> {
  const story = readStory(document);
  mkdirSync(folder, { recursive: true });
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  const shell = (command: string, directory: string) => run('env', [`PATH=${PATH}`, 'sh', '-ec', command], directory);

  const install = [...tarballs].reduce(
    (text, [name, tarball]) => text.replaceAll(name, `file:${tarball}`),
    story.install,
  );
  // Later commands are given where the first ones led.
  const place = (await shell(`${install}\npwd`, folder)).trim().split('\n').at(-1) ?? folder;
  writeFileSync(join(place, file), story.program);

  const start = `exec ${story.start.trim().replace('main.ts', file)}`;
  const env = { ...process.env, PATH };
  const program = spawn('sh', ['-c', start], { cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = linesOf(program);
  try {
    await expectLine(lines, 'the start', story.greeting);
    for (const { command, printed } of story.steps) {
      await shell(command, place);
      await expectLine(lines, command, printed);
    }
    const ended = once(program, 'exit');
    program.kill('SIGINT');
    const [exitCode, signal] = (await within('the program did not end after Ctrl-C', ended)) as [number | null, string];
    if (exitCode !== 0) throw new Error(`Ctrl-C ended the program with ${exitCode ?? signal}`);
  } finally {
    program.kill('SIGKILL');
  }
}

/** Finds the blocks of code, and what the text says that they print. */
export function readStory(document: string): Story {
  const blocks = [...document.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
  const languages = blocks.map(({ language }) => language).join(' ');
  if (languages !== 'sh ts sh sh') throw new Error(`expected blocks of sh, ts, sh, sh, found ${languages}`);
  const [install = '', program = '', start = '', changes = ''] = blocks.map(({ code }) => code);
  const greeting = /^It prints `([^`]+)`/m.exec(document)?.[1];
  if (greeting === undefined) throw new Error('expected a line that begins with: It prints `…`');
  const steps = changes
    .trim()
    .split('\n')
    .map((line) => {
      const [, command, printed] = /^(.*?) +# (.*)$/.exec(line) ?? [];
      if (command === undefined || printed === undefined)
        throw new Error(`expected what this prints, after #: ${line}`);
      return { command, printed };
    });
  return { install, program, start, greeting, steps };
}

function linesOf(program: ChildProcessByStdio<null, Readable, null>): AsyncIterator<string, undefined> {
  return createInterface(program.stdout)[Symbol.asyncIterator]();
}

async function expectLine(lines: AsyncIterator<string, undefined>, after: string, expected: string): Promise<void> {
  const { value, done } = await within(`nothing was printed after: ${after}`, lines.next());
  if (done) throw new Error(`the program ended after: ${after}`);
  if (value !== expected) throw new Error(`after: ${after}\nexpected: ${expected}\nprinted:  ${value}`);
}

async function within<T>(problem: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem}, within ${TIME_OUT_MS / 1000} s`)), TIME_OUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
