// timeout: 300 s
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newerNode } from '@flagz/pack-check';
import { assert, describe } from '@flagz/test-runner';

const PROGRAM = `
import { FlagSet, int } from '@flagz/core';
import { collectFlagz } from '@flagz/prometheus';
import { Registry } from '@prometheus-io/client';
const register = new Registry();
const flags = new FlagSet('s');
const rate = flags.dynamic('rate', int, 1, 'Rate.');
const stop = collectFlagz(flags, { register });
rate.set(2);
const text = await register.metrics();
stop();
console.log(process.versions.node.split('.')[0] >= 22, text.includes('flagz_changes_total{set="s",source="process"} 1'));
console.log(JSON.stringify(await register.metrics()));
`;

describe('collectFlagz() on a Node that @prometheus-io/client supports', (it) => {
  it('shows a flag set in its registry, and leaves nothing behind', async () => {
    const { stdout } = await promisify(execFile)(
      await newerNode(),
      ['--import', import.meta.resolve('tsx'), '-C', '@flagz/source', '--input-type=module', '-e', PROGRAM],
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    assert.is(stdout, 'true true\n"\\n"\n');
  });
});
