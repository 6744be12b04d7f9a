// timeout: 300 s
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newerNode } from '@flagz/pack-check';
import { assert, describe } from '@flagz/test-runner';

describe('the commander adapter on a Node that commander 15 supports', (it) => {
  it('passes the same suite', async () => {
    const { stdout } = await promisify(execFile)(
      await newerNode(),
      ['--import', import.meta.resolve('tsx'), '-C', '@flagz/source', 'test/commander-15.test.ts'],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, NO_COLOR: '1' } },
    );
    const [, total = '0'] = /Total: +(\d+)/.exec(stdout) ?? [];
    const [, passed] = /Passed: +(\d+)/.exec(stdout) ?? [];
    assert.ok(Number(total) > 50, stdout);
    assert.is(passed, total);
  });
});
