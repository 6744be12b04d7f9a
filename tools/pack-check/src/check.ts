// `pnpm --filter @flagz/pack-check run check`: packs every package and uses it as its users would.
// `run update` writes into the READMEs what their packages bring along, instead of only comparing it.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildAfresh } from './compiler.ts';
import { installConsumer, loadEntries, typeCheckEntries } from './consumer.ts';
import { contentProblems, sizeProblem } from './contents.ts';
import { getStarted } from './getting-started.ts';
import { newerNode } from './newer-node.ts';
import { packageManager, packages, root } from './packages.ts';
import type { Package } from './packages.ts';
import { run } from './run.ts';
import { supplyChainOf, withSupplyChain } from './supply-chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'flagz-pack-check-'));
try {
  await check(process.argv.includes('--update'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function check(update: boolean): Promise<void> {
  await buildAfresh(packages());
  const tarballs = new Map<string, string>();
  for (const one of packages()) {
    tarballs.set(one.name, await pack(one));
    console.log(`✓ ${one.name}: packed, publint and attw have nothing to say`);
  }

  const outdated = await outdatedReadmes(tarballs, update);
  if (outdated.length > 0) {
    const cure = `npx --yes ${packageManager()} --filter @flagz/pack-check run update`;
    throw new Error(`"Supply chain" is out of date in ${outdated.join(', ')}; run ${cure}`);
  }
  console.log('✓ each README says what its package brings along');
  if (update) return;

  const consumer = join(folder, 'consumer');
  await installConsumer(consumer, tarballs);
  const problems = [...tarballs].flatMap(([name, tarball]) => {
    const installed = join(consumer, 'node_modules', name);
    const tooLarge = sizeProblem(installed, statSync(tarball).size) ?? [];
    return [...contentProblems(installed), tooLarge].flat().map((problem) => `${name}: ${problem}`);
  });
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(
    '✓ installed together; each holds its files and no others, source maps included, in the size it promises',
  );

  for (const node of new Set([process.execPath, await newerNode()])) {
    console.log(`✓ every entry can be imported and required with Node ${await loadEntries(consumer, node)}`);
  }
  await startAsReader(tarballs);
  console.log(`✓ every entry type-checks with TypeScript ${await typeCheckEntries(consumer)}, libraries included`);
}

/** Follows "Getting started" with both names that it gives the program. */
async function startAsReader(tarballs: ReadonlyMap<string, string>): Promise<void> {
  const document = readFileSync(join(root, 'docs/getting-started.md'), 'utf8');
  const readers = [
    { node: process.execPath, file: 'main.mjs' },
    { node: await newerNode(), file: 'main.ts' },
  ];
  for (const [index, reader] of readers.entries()) {
    await getStarted(document, { ...reader, folder: join(folder, `reader-${index}`), tarballs });
    console.log(`✓ docs/getting-started.md works as it says, with ${reader.file}`);
  }
}

/** Packs one package, and has the tarball linted. @returns its path */
async function pack(one: Package): Promise<string> {
  const packed = await run('npx', ['--yes', packageManager(), 'pack', '--pack-destination', folder], one.folder);
  const tarball = packed.trim().split('\n').at(-1) ?? '';
  await run(join(root, 'node_modules/.bin/publint'), ['run', tarball, '--strict']);
  await run(join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only']);
  return tarball;
}

/** Compares, or brings up to date, what the READMEs say of supply chains. @returns the READMEs that are out of date */
async function outdatedReadmes(tarballs: ReadonlyMap<string, string>, update: boolean): Promise<readonly string[]> {
  const tarballOf = (name: string): string => tarballs.get(name) ?? '';
  const sections = await Promise.all(
    packages().map((one) => supplyChainOf(one, tarballOf(one.name), tarballOf('@flagz/core'), join(folder, one.name))),
  );
  const outdated: string[] = [];
  for (const [index, one] of packages().entries()) {
    const path = join(one.folder, 'README.md');
    const readme = readFileSync(path, 'utf8');
    const current = withSupplyChain(readme, sections[index] ?? '');
    if (current === readme) continue;
    if (update) writeFileSync(path, current);
    else outdated.push(relative(root, path));
  }
  return outdated;
}
