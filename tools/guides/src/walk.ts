import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@flagz/test-runner/free-port';
import { eventually } from '@flagz/testing';
import { isRefusal, promises } from './lines.ts';
import type { Step } from './steps.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const main = fileURLToPath(import.meta.resolve('@flagz/example-server/src/main.ts'));
const SERVICE = '127.0.0.1:8080';

/** Says what differs here from what the guide says. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** Texts of the commands, and what stands in their place here. */
  readonly instead: Readonly<Record<string, string>>;
}

/**
 * Runs commands in their order, each in a shell, and compares the lines that they answer with, and whether they fail.
 *
 * `npm start` starts the example service, on a port of its own; `export` holds for what follows. What only reads is
 * asked again for a while, since a change takes its time; what writes is run once.
 *
 * @throws {Error} when no line of an answer is the one that was promised, or a command fails that should not, or does not
 * that should.
 */
export async function walk(steps: readonly Step[], { env, instead }: Surroundings): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flagz-guide-'));
  symlinkSync(examples, join(folder, 'examples'));
  const port = await freePort();
  const here: Record<string, string | undefined> = { ...process.env, ...env };
  const services: ChildProcess[] = [];
  try {
    for (const { command: written, answer } of steps) {
      const texts = Object.entries({ ...instead, [SERVICE]: `127.0.0.1:${port}` });
      const command = texts.reduce((text, [there, replaced]) => text.replaceAll(there, replaced), written);
      const [, name, value] = /^export (\w+)=(.*)$/.exec(command) ?? [];
      if (name !== undefined) here[name] = value;
      else if (/\bnpm start\b/.test(command)) services.push(await serve(command, port, folder, here));
      else if (answer !== undefined && /^(curl (?!.* -d )|etcdctl get|kubectl get)/.test(command)) {
        await eventually(() => run(command, answer, folder, here), { withinMs: 20_000, everyMs: 100 });
      } else run(command, answer, folder, here);
    }
  } finally {
    for (const service of services) {
      const ended = once(service, 'exit');
      if (service.exitCode === null && service.kill('SIGKILL')) await ended;
    }
    rmSync(folder, { recursive: true });
  }
}

function run(command: string, answer: string | undefined, cwd: string, env: NodeJS.ProcessEnv): true {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8', cwd, env });
  const refused = answer !== undefined && isRefusal(answer);
  const said = answer === undefined || promises(answer, `${stdout}\n${stderr}`);
  if (said && (status === 0) !== refused) return true;
  const expected = `${refused ? 'a failure' : 'no failure'}${answer === undefined ? '' : ` and the line ${answer}`}`;
  throw new Error(`${command}\nexpected ${expected}\ngot status ${status} and ${stdout}${stderr}`);
}

/** Starts the service as `npm start` does, from its sources, and waits until it listens. */
async function serve(command: string, port: number, cwd: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const program = [process.execPath, '--import', import.meta.resolve('tsx'), '-C', '@flagz/source', main];
  const options = ['--config_dir', 'examples/server/flagz.d', '--port', String(port)];
  const [assignments = '', args = ''] = command.split(/npm start(?: --)?/);
  const child = spawn('sh', ['-c', `${assignments} exec "$@" ${args}`, 'sh', ...program, ...options], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  try {
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`the service has ended: ${output}`);
        return output.includes('"listening"');
      },
      { withinMs: 60_000 },
    );
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}
