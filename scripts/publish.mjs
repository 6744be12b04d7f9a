// `node scripts/publish.mjs [--dry-run]`: publishes each package whose version the registry does not have.
// pnpm packs, for it knows the workspace; npm publishes, for it proves to the registry by OIDC where it runs.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { publishedPackages, readManifest, root } from './lib/workspace.mjs';

/** The first npm that publishes by OIDC. */
const NPM = [11, 5, 1];

await main(async () => {
  const isDryRun = process.argv.includes('--dry-run');
  // Core comes first: the others ask for it.
  const all = publishedPackages().toSorted((left, right) => rank(left) - rank(right));
  for (const one of all) check(one);
  checkNpm();
  const folder = mkdtempSync(join(tmpdir(), 'flagz-publish-'));
  try {
    for (const one of all) {
      const id = `${one.manifest.name}@${one.manifest.version}`;
      if (isPublished(id)) {
        console.log(`${id} is published already`);
        continue;
      }
      // No machine but CI's can vouch for itself, so that a dry run leaves provenance out.
      const options = isDryRun ? ['--dry-run', '--no-provenance'] : ['--provenance'];
      npm(['publish', pack(one.folder, folder), '--access', 'public', ...options]);
      console.log(`${id} ${isDryRun ? 'would be published' : 'published'}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function rank({ manifest }) {
  return manifest.name === '@flagz/core' ? 0 : 1;
}

function check({ folder, manifest }) {
  if (!existsSync(join(root, folder, 'dist'))) {
    throw new Error(`${manifest.name} is not built: run "npm run build" first`);
  }
  if (manifest.repository?.url === undefined || manifest.repository.directory !== folder) {
    throw new Error(
      `${manifest.name} does not say where it comes from, so that npm would refuse its provenance: run "node scripts/set-repository.mjs" first`,
    );
  }
}

function checkNpm() {
  const version = npm(['--version']).trim();
  const [major, minor, patch] = version.split('.').map(Number);
  const enough = major - NPM[0] || minor - NPM[1] || patch - NPM[2];
  if (enough < 0) throw new Error(`npm ${NPM.join('.')} or newer publishes without a token, this is ${version}`);
}

function isPublished(id) {
  try {
    // Of a package that is there, npm says nothing when only the version is missing.
    return npm(['view', id, 'version']).trim() !== '';
  } catch (error) {
    if (/\bE404\b/.test(error.stderr)) return false;
    throw new Error(`the registry did not say whether it has ${id}:\n${error.stderr}`, { cause: error });
  }
}

function pack(folder, destination) {
  const args = ['--yes', readManifest().packageManager, 'pack', '--json', '--pack-destination', destination];
  const { filename } = JSON.parse(execFileSync('npx', args, { cwd: join(root, folder), encoding: 'utf8' }));
  return filename;
}

function npm(args) {
  // In a folder without a workspace: npm would look for workspaces of its own.
  return execFileSync('npm', args, { cwd: tmpdir(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
