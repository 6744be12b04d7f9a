import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Lists the packages of the workspace.
 *
 * @returns {{ folder: string, manifest: { name: string, scripts?: Record<string, string> } }[]} folders relative to the root
 */
export function packages() {
  return workspacePatterns()
    .flatMap((pattern) => (pattern.endsWith('/*') ? foldersIn(pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
}

/** Reads the `package.json` of a folder relative to the root. */
export function readManifest(folder = '.') {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** Lists the packages that are published; as `packages()`. */
export function publishedPackages() {
  return packages().filter(({ manifest }) => manifest.private !== true);
}

/** Writes the `package.json` of a folder relative to the root. */
export function writeManifest(folder, manifest) {
  writeFileSync(join(root, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Reads the list `packages:`; these scripts run before a YAML parser is installed. */
function workspacePatterns() {
  const [, list = ''] =
    /^packages:\n((?: +- .+\n)+)/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')) ?? [];
  return list.split('\n').flatMap((line) => /- ['"]?([^'"]+)['"]?$/.exec(line)?.[1] ?? []);
}

function foldersIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}
