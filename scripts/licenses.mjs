// `npm run licenses`: fails when a dependency, of ours or of our tools, has a licence that asks them for more than a notice.
import { execFileSync } from 'node:child_process';
import { main } from './lib/main.mjs';
import { readManifest, root } from './lib/workspace.mjs';

const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose manifest does not say it in a form that machines read; somebody has read their LICENSE file. */
const READ = new Map([['spawndamnit', 'MIT']]);

/** Tools of tests, which nobody gets with a package, so that MPL-2.0 asks nothing of our users. */
const TOOLS = new Set(['axe-core']);

await main(async () => {
  const args = ['--yes', readManifest().packageManager, 'licenses', 'list', '--json', '--recursive'];
  const listed = execFileSync('npx', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  const uses = Object.values(JSON.parse(listed)).flat();
  if (uses.length === 0) throw new Error('licences: no dependency found; run "npm install" first');
  const licences = uses
    .filter(({ name }) => !TOOLS.has(name))
    .map(({ name, license }) => ({ name, licence: READ.get(name) ?? license }));
  const refused = licences.filter(({ licence }) => !isPermissive(licence));
  if (refused.length > 0) {
    const lines = refused.map(({ name, licence }) => `  ${name}: ${licence}`);
    throw new Error(
      `licences: replace these, or read their licences and add them to scripts/licenses.mjs:\n${lines.join('\n')}`,
    );
  }
  const kinds = [...new Set(licences.map(({ licence }) => licence))].toSorted((a, b) => a.localeCompare(b));
  console.log(`licences: ${licences.length} packages, all permissive: ${kinds.join(', ')}`);
});

/**
 * Reads an SPDX expression: of an OR one suffices, of an AND, which binds closer, all are needed. One with parentheses
 * inside is nobody's so far; somebody has to read it.
 */
function isPermissive(expression) {
  const plain = expression.replace(/^\(([^()]*)\)$/, '$1');
  return plain.split(/\sOR\s/).some((all) => all.split(/\sAND\s/).every((one) => PERMISSIVE.has(one.trim())));
}
