import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodeBlock, codeBlocks } from './markdown.ts';
import { type Instrumented, REPORT, instrument, promisesResults } from './results.ts';
import { type Document, fileNameOf } from './snippets.ts';
import { root } from './workspace.ts';

const parent = fileURLToPath(new URL('../.snippets-run', import.meta.url));
const TIME_OUT_MS = 20_000;

/** Compares and remembers; tells at the end, on a stream of its own, since blocks may print. */
const REPORTER = `import { isDeepStrictEqual, inspect } from 'node:util';
import { writeSync } from 'node:fs';

const reached = [];
const problems = [];
const compare = (line, actual, expected) => {
  reached.push(line);
  // Prototypes are not told in a comment.
  if (isDeepStrictEqual(structuredClone(actual), structuredClone(expected))) return;
  problems.push({ line, problem: \`gives \${inspect(actual)}, not \${inspect(expected)}\` });
};
export const ${REPORT} = {
  value: (line, actual, expected) => compare(line, actual, expected),
  printed: (line, actual, expected) => compare(line, String(actual).trimEnd().split('\\n'), expected),
  end: () => {
    writeSync(3, JSON.stringify({ reached, problems }));
    process.exit();
  },
};
`;

interface Report {
  readonly reached: readonly number[];
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
}

/**
 * Runs each block of TypeScript that promises results in comments such as `//=> 20`, against the packages' sources.
 *
 * Each runs in a process of its own, in the repository's root; what it would write below `/tmp` goes elsewhere. Blocks whose
 * fence says `ts no-run` are left out.
 *
 * @returns what is wrong: `README.md:12 gives 10, not 20`.
 */
export async function runSnippets(documents: readonly Document[]): Promise<readonly string[]> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'run-'));
  try {
    const problems: string[] = [];
    for (const [index, document] of documents.entries()) {
      problems.push(...(await runDocument(document, join(folder, String(index)))));
    }
    return problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runDocument({ path, text }: Document, place: string): Promise<readonly string[]> {
  const blocks = codeBlocks(text).filter(({ info }) => info === 'ts');
  const promising = blocks.filter(({ code }) => promisesResults(code));
  if (promising.length === 0) return [];
  mkdirSync(join(place, 'tmp'), { recursive: true });
  writeFileSync(join(place, 'report.mjs'), REPORTER);
  for (const { code } of blocks) {
    const name = fileNameOf(code);
    if (name !== undefined) writeFileSync(join(place, name), code);
  }
  const problems: string[] = [];
  for (const block of promising) {
    const found = await runBlock(block, place).catch((error: unknown) => [
      { line: 1, problem: (error as Error).message },
    ]);
    problems.push(...found.map(({ line, problem }) => `${path}:${block.line + line - 1} ${problem}`));
  }
  return problems;
}

async function runBlock(block: CodeBlock, place: string): Promise<Report['problems']> {
  const { code, lines } = instrument(block.code);
  const file = join(place, `line-${block.line}.ts`);
  writeFileSync(file, moduleOf(code, place));
  const { reached, problems } = await report(file);
  const missed = lines.filter((line) => !reached.includes(line)).map((line) => ({ line, problem: 'is never reached' }));
  return [...problems, ...missed];
}

function moduleOf(code: Instrumented['code'], place: string): string {
  const elsewhere = code.replaceAll('/tmp/', `${join(place, 'tmp')}/`);
  // Without a line of its own, so that stacks name the block's lines.
  return `import { ${REPORT} } from './report.mjs'; ${elsewhere}\n${REPORT}.end();\n`;
}

async function report(file: string): Promise<Report> {
  const args = ['--import', 'tsx', '-C', '@flagz/source', file];
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, args, { cwd: root, stdio: [...stdio], timeout: TIME_OUT_MS });
  let said = '';
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  (child.stdio[3] as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(child, 'close');
  if (told === '') throw new Error(thrownIn(said) ?? `did not come to its end within ${TIME_OUT_MS / 1000} s`);
  return JSON.parse(told) as Report;
}

/** Finds the line that says what was thrown, between the place above and the stack below. */
function thrownIn(said: string): string | undefined {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines[0];
}
