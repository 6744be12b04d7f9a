// `node scripts/set-repository.mjs`: writes into each published package where it comes from, before it is published.
import { main } from './lib/main.mjs';
import { repositoryOf } from './lib/repository.mjs';
import { publishedPackages, writeManifest } from './lib/workspace.mjs';

await main(async () => {
  for (const { folder, manifest } of publishedPackages()) {
    const repository = repositoryOf(folder);
    // Beside the licence, where its siblings would look for it.
    const fields = Object.entries(manifest).filter(([name]) => name !== 'repository');
    const place = fields.findIndex(([name]) => name === 'license') + 1;
    writeManifest(folder, Object.fromEntries(fields.toSpliced(place, 0, ['repository', repository])));
    console.log(`${manifest.name}: ${repository.url}, ${folder}`);
  }
});
