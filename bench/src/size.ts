import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { entries, peerSpecifiers } from './entries.ts';
import type { Subject } from './subject.ts';
import { showCount, showRatio } from './table.ts';

const CORE = '@flagz/core';
const ALONE = '{ FlagSet }';
const TYPICAL = '{ FlagSet, boolean, inRange, int }';

interface Sizes {
  readonly minified: number;
  readonly brotli: number;
}

/** Is something to bundle, written as a module. */
interface Bundle {
  readonly name: string;
  readonly code: string;
  readonly external: readonly string[];
}

/** Measures what each entry weighs in a bundle. Nothing about it is random: effort does not count. */
export const size: Subject = {
  name: 'size',
  title: 'Size: each entry bundled and minified by esbuild, what it imports from its users left out',
  async measure() {
    const all = entries();
    const core = all.find(({ specifier }) => specifier === CORE)!;
    const bundles: Bundle[] = [
      ...[core, ...all.filter((entry) => entry !== core)].map(({ specifier, file, external }) => ({
        name: specifier,
        code: `export * from ${JSON.stringify(file)}`,
        external,
      })),
      ...[ALONE, TYPICAL].map((names) => ({
        name: `${names} of ${CORE}`,
        code: `export ${names} from ${JSON.stringify(core.file)}`,
        external: [],
      })),
      ...peerSpecifiers.map((name) => ({ name, code: `export * from ${JSON.stringify(name)}`, external: [] })),
    ];
    const sizes = new Map<string, Sizes>();
    for (const bundle of bundles) sizes.set(bundle.name, await sizesOf(bundle));
    const whole = sizes.get(CORE)!;
    const typical = sizes.get(`${TYPICAL} of ${CORE}`)!;
    return {
      table: {
        head: ['entry', 'minified', 'brotli', 'ratio'],
        rows: Array.from(sizes, ([name, { minified, brotli }]) => [
          name,
          `${showCount(minified)} B`,
          `${showCount(brotli)} B`,
          showRatio(brotli / whole.brotli),
        ]),
      },
      goals: [
        { what: `${CORE}, brotli`, limit: 6_000, measured: whole.brotli, unit: ' B' },
        { what: `${TYPICAL} of ${CORE}, brotli`, limit: 6_000, measured: typical.brotli, unit: ' B' },
      ],
    };
  },
};

async function sizesOf({ code, external }: Bundle): Promise<Sizes> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...external],
    logLevel: 'silent',
  });
  const { contents } = outputFiles[0]!;
  return { minified: contents.length, brotli: brotliCompressSync(contents).length };
}
