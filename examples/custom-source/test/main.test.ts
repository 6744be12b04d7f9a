import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { startDocumentServer } from './document-server.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Program {
  readonly child: ChildProcess;
  /** What it printed so far, on stdout and stderr. */
  readonly output: { stdout: string; stderr: string };
  readonly exitCode: Promise<number | null>;
}

function start(...args: readonly string[]): Program {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '-C', '@flagz/source', main, ...args]);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  return { child, output, exitCode: once(child, 'close').then(([code]) => code as number | null) };
}

describe('the example custom-source', (it) => {
  it('prints each change and refusal, and ends by itself on SIGTERM', async () => {
    const server = await startDocumentServer({ rate: 20 });
    const { child, output, exitCode } = start(server.url);
    try {
      await eventually(() => output.stdout.includes('rate is 20'), { withinMs: 20_000 });
      server.document = { rate: 30, read_only: true };
      await eventually(() => output.stdout.includes('rate: 20 -> 30\nread_only: false -> true\n'));
      server.document = { rate: 5_000, read_only: true };
      await eventually(() => output.stdout.includes('refused: flag "rate": must be from 1 to 1000, got "5000"\n'));
      child.kill('SIGTERM');
      assert.is(await exitCode, 0);
      assert.is(output.stderr, '');
    } finally {
      child.kill('SIGKILL');
      await server.stopListening();
    }
  });

  for (const args of [[], ['flags.json']]) {
    it(`ends with one line on the arguments ${JSON.stringify(args)}`, async () => {
      const { output, exitCode } = start(...args);
      assert.is(await exitCode, 1);
      const stderr = 'error: say which document to follow: main.js http://127.0.0.1:9000/flags.json\n';
      assert.equal(output, { stdout: '', stderr });
    });
  }

  it('names each refused key when it cannot start', async () => {
    const server = await startDocumentServer({ rate: 'ten', read_only: 'perhaps' });
    const { output, exitCode } = start(server.url);
    assert.is(await exitCode, 1);
    assert.match(
      output.stderr,
      /^error: source "http .*": 2 refused: flag "rate": expected an integer, got "ten"; flag "read_only": .*\n$/,
    );
    await server.stopListening();
  });
});
