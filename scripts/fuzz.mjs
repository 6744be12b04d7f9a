// `npm run fuzz -- --minutes N [--seed S]`: tries every parser with hostile input, in rounds, each with a seed of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { pnpm } from './lib/pnpm.mjs';
import { packages, root } from './lib/workspace.mjs';

const USAGE = 'usage: npm run fuzz -- --minutes N [--seed S]';
/** Shortest and longest time of one property in a round, in milliseconds. */
const SHORTEST_BOX_MS = 500;
const LONGEST_BOX_MS = 2_000;
/** About how many properties there are in all: the time of the first round is divided among them. */
const PROPERTIES = 100;
/** Apart enough that no round tries what another one has tried: within a round each batch has the next seed. */
const STEP = 100_000;

await main(async () => {
  const { minutes, seed } = optionsOf(process.argv.slice(2));
  await install({ quiet: true });
  console.log(`fuzz: ${minutes} min, seed ${seed}`);
  process.env.FLAGZ_FUZZ_MS = String(
    Math.max(SHORTEST_BOX_MS, Math.min(LONGEST_BOX_MS, Math.ceil((minutes * 60_000) / PROPERTIES))),
  );
  const files = fuzzFiles();
  const end = performance.now() + minutes * 60_000;
  for (let round = 0; round === 0 || performance.now() < end; round++) {
    const roundSeed = seed + round * STEP;
    process.env.FLAGZ_FUZZ_SEED = String(roundSeed);
    const runs = files.map(({ name, paths }) =>
      pnpm(['--filter', name, 'exec', 'flagz-test', ...paths], { quiet: true }),
    );
    const passed = await Promise.all(runs);
    if (passed.includes(false))
      throw new Error(
        `the fuzz found something, see above; again: npm run fuzz -- --minutes ${minutes} --seed ${roundSeed}`,
      );
    console.log(`round ${round + 1}, seed ${roundSeed}: nothing found`);
  }
});

/** @throws {Error} with the usage */
function optionsOf(args) {
  const random = String(Math.floor(Math.random() * 2 ** 30));
  const options = { minutes: { type: 'string' }, seed: { type: 'string', default: random } };
  const { values } = parseOrRefuse(args, options);
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0 && Number.isFinite(minutes)) || !/^-?\d+$/.test(values.seed) || !Number.isSafeInteger(seed))
    throw new Error(USAGE);
  return { minutes, seed };
}

function parseOrRefuse(args, options) {
  try {
    return parseArgs({ args, options });
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`, { cause: error });
  }
}

/** Finds the tests that try hostile input: those that import what makes it. */
function fuzzFiles() {
  const found = packages().map(({ folder, manifest }) => ({ name: manifest.name, paths: testsIn(join(root, folder)) }));
  return found.filter(({ paths }) => paths.length > 0);
}

function testsIn(folder) {
  return readdirSync(folder)
    .filter((entry) => entry === 'test')
    .flatMap((entry) => readdirSync(join(folder, entry), { recursive: true, encoding: 'utf8' }))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`)
    .filter((file) => readFileSync(join(folder, file), 'utf8').includes("from '@flagz/fuzz'"));
}
