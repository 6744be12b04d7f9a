// timeout: 300 s
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert, describe } from '@flagz/test-runner';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

for (const parser of ['commander', 'yargs']) {
  const program = fileURLToPath(new URL(`../src/${parser}.ts`, import.meta.url));
  const error = parser === 'commander' ? 'error: ' : '';
  const hint = parser === 'commander' ? '\n(add --help for more)\n' : '\n\n(add --help for more)\n';

  const run = (...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const node = ['--import', 'tsx', '--conditions', '@flagz/source', program, ...args];
      execFile(process.execPath, node, (failure, stdout, stderr) => {
        resolve({ code: failure ? Number(failure.code) : 0, stdout, stderr });
      });
    });

  describe(`The ${parser} program`, (it) => {
    it('does what it did before it had flags', async () => {
      assert.equal(await run('greet', 'Ada', '--title', 'Dr'), { code: 0, stdout: 'Hello, Dr Ada.\n', stderr: '' });
      assert.equal(await run('-q', 'greet', 'Ada'), { code: 0, stdout: '', stderr: '' });
    });

    it('takes flags around its command', async () => {
      const ended = await run(
        '--times=2',
        'greet',
        'Ada',
        '--mood',
        'glad',
        '--loud',
        '--greeting=Ahoy',
        '--pause-max=2s',
      );
      assert.equal(ended, { code: 0, stdout: 'AHOY, ADA!\nAHOY, ADA!\n', stderr: '' });
    });

    it('refuses values in its own manner', async () => {
      const refusals: readonly (readonly [arg: string, message: string])[] = [
        ['--times=9', `option '--times <int>' argument '9' is invalid. must be from 1 to 5`],
        ['--mood=sad', `option '--mood <choice>' argument 'sad' is invalid. expected one of "calm", "glad"`],
        ['--api-key=secret', `option '--api_key <int>' argument '•••' is invalid. not a valid int`],
        [
          '--pause_min=1h',
          `flag "pause_min": pause_min above pause_max, got "1h0m0s" (invariant of pause_min, pause_max)`,
        ],
      ];
      for (const [arg, message] of refusals) {
        assert.equal(await run('greet', 'Ada', arg), { code: 1, stdout: '', stderr: `${error}${message}${hint}` });
      }
    });

    it('shows flags in its help, in groups', async () => {
      const { code, stdout, stderr } = await run('--help');
      assert.equal([code, stderr], [0, '']);
      assert.match(stdout, /Static flags:\n +--times .*How often to greet\.[^]*Dynamic flags:\n +--api_key .*•••/);
      assert.match(stdout, /--quiet/);
    });
  });
}
