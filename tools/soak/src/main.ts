// `npm run soak -- --minutes N [--seed S] [--source etcd|configmap-api] [--etcd VERSION]`
import { parseArgs } from 'node:util';
import { ConfigMapApiStage } from './configmap-api.ts';
import { type Row, tableOf } from './counts.ts';
import { EtcdStage } from './etcd.ts';
import { chooseEtcds } from './etcds.ts';
import { Random } from './random.ts';
import { type Stage, runSoak } from './soak.ts';

const USAGE = 'usage: npm run soak -- --minutes N [--seed S] [--source etcd|configmap-api] [--etcd VERSION]';

/** Starts the stages that a source is soaked on, one after the other, by their names. */
type Stages = readonly (readonly [name: string, start: () => Promise<Stage>])[];

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      source: { type: 'string', default: 'etcd' },
      etcd: { type: 'string' },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0 && Number.isFinite(minutes)) || !Number.isSafeInteger(seed)) throw new Error(USAGE);
  const stages = stagesOf(values.source, values.etcd);
  const columns: Record<string, readonly Row[]> = {};
  for (const [name, start] of stages) {
    console.log(`soak of ${values.source} on ${name}: ${minutes / stages.length} min, seed ${seed}`);
    const stage = await start();
    try {
      const { lost, problems, rows } = await runSoak(stage, {
        minutes: minutes / stages.length,
        random: new Random(seed),
        // A watch that was swallowed is silent for 10 s before it is given up, and waits up to 5 s before it tries again.
        ...(values.source === 'configmap-api' && { convergesWithinMs: 40_000 }),
      });
      columns[name] = rows;
      if (lost > 0 || problems.length > 0) process.exitCode = 1;
    } finally {
      await stage.close();
    }
  }
  console.log(tableOf(columns));
}

/** @throws {Error} when there is no such source, or nothing to run it on. */
function stagesOf(source: string, etcd: string | undefined): Stages {
  if (source === 'etcd') {
    return chooseEtcds(etcd, console.log).map((binary) => [`etcd ${binary.version}`, () => EtcdStage.start(binary)]);
  }
  if (source === 'configmap-api' && etcd === undefined) {
    return [['a real API server', () => ConfigMapApiStage.start()]];
  }
  throw new Error(USAGE);
}
