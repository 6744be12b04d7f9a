// timeout: 300 s
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Line, type Program, running, withConfigDir } from './program.ts';

/** Runs a story with the directory that the service follows. */
const story = (test: (program: Program, dir: string) => Promise<void>) => () =>
  withConfigDir((dir) => running(['--config_dir', dir], (program) => test(program, dir)));

describe('the story of the README', (it) => {
  it(
    'changes a running service, keeps out rubbish, and falls back',
    story(async (program, dir) => {
      const file = join(dir, 'search_rollout_percent');
      assert.is(await program.indexOf('a'), 'plain');

      writeFileSync(file, '100\n');
      await eventually(async () => (await program.indexOf('a')) === 'fast');
      assert.is(changeOf(program, 1)['previous'], '0');
      assert.is(changeOf(program, 1)['next'], '100');
      assert.is(changeOf(program, 1)['source'], `mount ${dir}`);

      writeFileSync(file, 'rubbish\n');
      const rejected = await program.event('rejected');
      assert.is(rejected['flag'], 'search_rollout_percent');
      assert.is(rejected['source'], `mount ${dir}`);
      assert.match(String(rejected['reason']), /^flag "search_rollout_percent": .*"rubbish"/);
      assert.is(await program.indexOf('a'), 'fast');

      rmSync(file);
      await eventually(async () => (await program.indexOf('a')) === 'plain');
      assert.is(changeOf(program, 2)['next'], '0');
      assert.is(program.stderr, '');
    }),
  );

  it(
    'refuses a value that breaks an invariant, and says so',
    story(async (program, dir) => {
      writeFileSync(join(dir, 'min_connections'), '200\n');
      const rejected = await program.event('rejected', 'min_connections');
      assert.match(String(rejected['reason']), /min_connections must not be above max_connections/);
      assert.is((await program.values())['min_connections'], '1');
    }),
  );

  it(
    'reports a file that is no flag',
    story(async (program, dir) => {
      writeFileSync(join(dir, 'serch_rollout_percent'), '100\n');
      const unknown = await program.event('unknown');
      assert.equal([unknown['flag'], unknown['source']], ['serch_rollout_percent', `mount ${dir}`]);
    }),
  );

  it(
    'says that a static flag needs a restart',
    story(async (program, dir) => {
      writeFileSync(join(dir, 'start_timeout'), '20s\n');
      const needed = await program.event('restart-needed');
      assert.equal([needed['flag'], needed['next']], ['start_timeout', '20s']);
      assert.is((await program.values())['start_timeout'], '10s');
    }),
  );
});

describe('/readyz', (it) => {
  it(
    'answers 503 while the directory is away, and 200 again',
    story(async (program, dir) => {
      assert.is((await program.fetch('/readyz')).status, 200);
      renameSync(dir, `${dir}.away`);
      await eventually(async () => (await program.fetch('/readyz')).status === 503, { withinMs: 20_000 });
      const { not_live: notLive } = (await program.json('/readyz')) as { not_live: readonly Line[] };
      assert.equal(
        notLive.map(({ source, state }) => [source, state]),
        [[`mount ${dir}`, 'stale']],
      );
      assert.is((await program.values())['greeting'], 'Hello from flagz.d');
      assert.is(program.events('watcher').at(-1)?.['state'], 'stale');

      renameSync(`${dir}.away`, dir);
      await eventually(async () => (await program.fetch('/readyz')).status === 200, { withinMs: 60_000 });
      assert.is(program.events('watcher').at(-1)?.['state'], 'live');
    }),
  );
});

/** Gives the n-th change of the rollout. */
function changeOf(program: Program, nth: number): Line {
  const changes = program.events('change', 'search_rollout_percent');
  assert.is(changes.length, nth);
  return changes[nth - 1]!;
}
