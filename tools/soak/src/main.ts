// `npm run soak -- --minutes N [--seed S] [--source etcd]`
import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import { soakEtcd } from './etcd.ts';

const SOAKS: Readonly<Record<string, typeof soakEtcd>> = { etcd: soakEtcd };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    source: { type: 'string', default: 'etcd' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const soak = SOAKS[values.source];
if (!soak || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(`usage: npm run soak -- --minutes N [--seed S] [--source ${Object.keys(SOAKS).join('|')}]\n`);
  process.exitCode = 2;
} else {
  console.log(`soak of ${values.source}: ${minutes} min, seed ${seed}`);
  const lost = await soak({ minutes, random: new Random(seed) });
  if (lost > 0) process.exitCode = 1;
}
