// Swaps a volume as fast as it can: `node volume-writer.child.ts DIR SWAPS`, one line on stdout at the end.
import { join } from 'node:path';
import { MountedVolume } from './mounted-volume.ts';
import { versionOf } from './versions.ts';

const [dir = '', swaps = ''] = process.argv.slice(2);
const volume = new MountedVolume(join(dir));
for (let version = 1; version <= Number(swaps); version++) volume.write(versionOf(version));
console.log('done');
