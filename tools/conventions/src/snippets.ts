import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { codeBlocks } from './markdown.ts';
import { root } from './workspace.ts';

const folder = fileURLToPath(new URL('../.snippets', import.meta.url));

/** Is a document whose blocks of TypeScript are compiled. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/**
 * Compiles every block of TypeScript of these documents against the packages' sources, in one run.
 *
 * Each block is a module of its own. One that begins with a comment such as `// flags.ts` bears that name,
 * so that the other blocks of its document can import it.
 *
 * @returns what the compiler says, at the lines of the documents: `README.md(12,7): error TS2304: …`.
 */
export async function compileSnippets(documents: readonly Document[]): Promise<readonly string[]> {
  rmSync(folder, { recursive: true, force: true });
  const documentOf = new Map<string, string>();
  for (const [index, { path, text }] of documents.entries()) {
    for (const { code, line } of codeBlocks(text).filter(({ info }) => isTypeScript(info))) {
      const file = join(folder, String(index), fileNameOf(code) ?? `line-${line}.ts`);
      mkdirSync(join(file, '..'), { recursive: true });
      // Blank lines first: the compiler's line numbers are then the document's.
      writeFileSync(file, '\n'.repeat(line - 1) + code);
      documentOf.set(relative(root, file), path);
    }
  }
  if (documentOf.size === 0) return [];

  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configOf([...documentOf.keys()])));
  const output = await compile();
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/^([^(]+)(?=\()/, (file) => documentOf.get(file) ?? file));
}

function configOf(files: readonly string[]): object {
  return {
    extends: '../../../tsconfig.check.json',
    compilerOptions: { moduleDetection: 'force', noUnusedLocals: false, noUnusedParameters: false },
    files: files.map((file) => relative(folder, join(root, file))),
    // Else those of the file above would be taken over.
    include: [],
  };
}

async function compile(): Promise<string> {
  const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
  const options = { cwd: root, maxBuffer: 1 << 26 };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], options);
    return stdout;
  } catch (error) {
    // The compiler's own failures have no output: they are not the documents' fault.
    const { stdout } = error as { stdout?: string };
    if (stdout) return stdout;
    throw error;
  }
}

/** Gives the name that a block gives itself in its first line. */
export function fileNameOf(code: string): string | undefined {
  return /^\/\/ ([a-z][a-z0-9-]*\.ts)\b/.exec(code)?.[1];
}

/** Tells whether a fence opens TypeScript; `no-run` says that its results cannot be had here. */
export function isTypeScript(info: string): boolean {
  return info === 'ts' || info === 'ts no-run';
}
