import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** Every package holds these; what else it ships are folders of data that its manifest names. */
const ENTRIES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'src'];
const BUILT = /\.(js|d\.ts)(\.map)?$/;

/**
 * Looks at the files of a package as its users get them.
 *
 * @returns what is wrong: a file that is missing or too many, a source map that leads nowhere.
 */
export function contentProblems(folder: string): readonly string[] {
  const entries = readdirSync(folder).filter((entry) => entry !== 'node_modules');
  const declared = dataFolders(folder);
  const built = filesBelow(folder, 'dist');
  return [
    ...ENTRIES.filter((entry) => !entries.includes(entry)).map((entry) => `${entry} is missing`),
    ...entries
      .filter((entry) => !ENTRIES.includes(entry) && !declared.includes(entry))
      .map((entry) => `${entry} does not belong there`),
    ...declared
      .flatMap((entry) => filesBelow(folder, entry).filter(isCode))
      .map((file) => `${file} does not belong there`),
    ...built.filter((file) => !BUILT.test(file) || isTest(file)).map((file) => `${file} does not belong there`),
    ...filesBelow(folder, 'src')
      .filter((file) => !file.endsWith('.ts') || isTest(file))
      .map((file) => `${file} does not belong there`),
    ...built.filter((file) => file.endsWith('.map')).flatMap((file) => mapProblems(folder, file)),
  ];
}

/**
 * Compares the size of a package's tarball with what its README promises.
 *
 * @returns what is wrong, if something is.
 */
export function sizeProblem(folder: string, bytes: number): string | undefined {
  const [, limit] = /less than (\d+) kB packed/i.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  if (limit === undefined) return 'README.md does not say "less than … kB packed"';
  if (bytes < Number(limit) * 1000) return undefined;
  return `has ${(bytes / 1000).toFixed(1)} kB packed, README.md says less than ${limit}`;
}

/** Lists the folders that a manifest names, or names a file in, besides the usual ones. */
function dataFolders(folder: string): readonly string[] {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  const { files = [] } = JSON.parse(readFileSync(manifest, 'utf8')) as { files?: readonly string[] };
  const tops = new Set(files.map((file) => file.split('/')[0] ?? file));
  return [...tops].filter((top) => !ENTRIES.includes(top));
}

function isTest(file: string): boolean {
  return /\.(?:test|types)\.|(?:^|\/)(?:test|tests|__tests__)\//.test(file);
}

function isCode(file: string): boolean {
  return /\.(?:[cm]?[jt]sx?|map)$/.test(file);
}

function filesBelow(folder: string, subfolder: string): readonly string[] {
  if (!statSync(join(folder, subfolder), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(folder, subfolder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, '/'),
    );
}

function mapProblems(folder: string, file: string): readonly string[] {
  const { sourceRoot = '', sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    sourceRoot?: string;
    sources: readonly string[];
  };
  return sources
    .filter((source) => !existsSync(join(folder, dirname(file), sourceRoot, source)))
    .map((source) => `${file} leads to ${source}, which is not there`);
}
