// timeout: 300 s
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert, describe } from '@flagz/test-runner';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PARSERS = ['commander-12', 'commander-13', 'commander', 'commander-15', 'yargs-17', 'yargs'];

for (const module of PARSERS) {
  const parser = module.startsWith('yargs') ? 'yargs' : 'commander';
  const program = fileURLToPath(new URL(`programs/${parser}.program.ts`, import.meta.url));
  const error = parser === 'yargs' ? '' : 'error: ';
  const hint = parser === 'yargs' ? '\n\n(add --help for more)\n' : '\n(add --help for more)\n';

  const run = (...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const node = ['--import', 'tsx', '--conditions', '@flagz/source', program, module, ...args];
      execFile(process.execPath, node, (failure, stdout, stderr) => {
        resolve({ code: failure ? Number(failure.code) : 0, stdout, stderr });
      });
    });

  describe(`A program of ${module}`, (it) => {
    it('runs with its flags', async () => {
      const ended = await run('serve', '--rate', '-3', '--own', 'x', '--fast-index=false', '--db.pool=9');
      assert.equal(ended, { code: 0, stdout: '{"db.pool":"9","fast_index":"false","rate":"-3"}', stderr: '' });
    });

    it('ends with message, hint and exit code 1 when a value is refused', async () => {
      const message = `${error}option '--rate <int>' argument 'ten' is invalid. expected an integer`;
      assert.equal(await run('serve', '--rate', 'ten'), { code: 1, stdout: '', stderr: message + hint });
    });

    it('ends the same way when an invariant refuses', async () => {
      const message = `${error}flag "low": low above high, got "9" (invariant of low, high)`;
      assert.equal(await run('--low=9', 'serve'), { code: 1, stdout: '', stderr: message + hint });
    });

    it('ends the same way with a sensitive value, which it does not show', async () => {
      const message = `${error}option '--token <int>' argument '•••' is invalid. not a valid int`;
      assert.equal(await run('serve', '--token=hunter2'), { code: 1, stdout: '', stderr: message + hint });
    });

    it('ends as its parser does when an option is unknown', async () => {
      const message =
        parser === 'yargs' ? 'Unknown argument: rat' : "error: unknown option '--rat'\n(Did you mean --rate?)";
      assert.equal(await run('serve', '--rat', '3'), { code: 1, stdout: '', stderr: message + hint });
    });

    it('shows its flags in its help', async () => {
      const { code, stdout, stderr } = await run('--help');
      assert.equal([code, stderr], [0, '']);
      assert.match(stdout, /--rate.*Requests per second\./);
    });
  });
}
