// `node scripts/version.mjs`: turns the changesets into versions and changelogs, as the next release will have them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { peerRange } from './lib/peers.mjs';
import { pnpm } from './lib/pnpm.mjs';
import { publishedPackages, root, writeManifest } from './lib/workspace.mjs';

await main(async () => {
  if (!(await pnpm(['exec', 'changeset', 'version']))) throw new Error('the versions could not be raised, see above');
  // Changesets leaves a range alone that still fits: a new source would accept a core that lacks what it needs.
  for (const { folder, manifest } of publishedPackages()) {
    const peers = manifest.peerDependencies ?? {};
    for (const name of Object.keys(peers).filter((peer) => peer.startsWith('@flagz/'))) {
      peers[name] = peerRange(manifest.version);
    }
    writeManifest(folder, manifest);
    const readme = join(root, folder, 'README.md');
    // What `npm ls` says of a package begins with its version.
    writeFileSync(
      readme,
      readFileSync(readme, 'utf8').replaceAll(/(?<=@flagz\/[a-z-]+@)\d+\.\d+\.\d+/g, manifest.version),
    );
  }
});
