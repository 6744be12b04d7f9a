import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assert, describe } from '@flagz/test-runner';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the program to its end. */
async function bench(...args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const run = promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args]);
  return run.then(
    (output) => ({ ...output, code: 0 }),
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  );
}

describe('npm run bench', (it) => {
  it('prints the machine and the subjects that it was asked for', async () => {
    const { stdout, stderr } = await bench('--', 'size');
    assert.is(stderr, '');
    assert.match(stdout, /^\d{4}-\d\d-\d\d · Node v\d+/);
    assert.equal(stdout.match(/^### \w+/gm), ['### Size']);
  });

  it('names the subjects when it does not know one', async () => {
    const { stderr, code } = await bench('gte');
    assert.match(stderr, /^bench: no subject "gte"; there are: get, change, [a-z, -]+, size, import\n$/);
    assert.is(code, 1);
  });
});
