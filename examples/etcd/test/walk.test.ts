import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assert } from '@flagz/test-runner';
import { freePort } from '@flagz/test-runner/free-port';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { commandOf } from './compose.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const main = fileURLToPath(import.meta.resolve('@flagz/example-server/src/main.ts'));

/** Is one line of the walk, with a line that it answers, or a member of its JSON. */
interface Step {
  readonly command: string;
  readonly answer: string;
}

/** Finds the steps: a line of a `sh` block, and its `#=>`. */
function stepsOf(markdown: string): Step[] {
  const blocks = markdown.matchAll(/^```sh\n(.*?)^```/gms);
  return Array.from(blocks).flatMap(([, block = '']) =>
    Array.from(block.matchAll(/^(.+)\n#=> (.+)$/gm), ([, command = '', answer = '']) => ({ command, answer })),
  );
}

/** Starts a service as `compose.yaml` does, but for addresses, and resolves when it listens. */
async function serve(name: string, etcd: string, port: number) {
  const here: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', 'http://etcd:2379': etcd };
  const words = commandOf(name)
    .slice(2)
    .map((word) => here[word] ?? word);
  const args = ['--import', import.meta.resolve('tsx'), '-C', '@flagz/source', main, '--port', String(port)];
  const child = spawn(process.execPath, [...args, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => output.includes('"listening"'), { withinMs: 30_000 });
  return child;
}

for (const { binary, describe } of eachEtcd()) {
  describe('the walk of the README', (it) => {
    it('answers what it says, line by line', async () => {
      const server = await EtcdServer.start(binary);
      const ports = { '8080': await freePort(), '8081': await freePort() };
      const children = [
        await serve('service-a', server.url, ports['8080']),
        await serve('service-b', server.url, ports['8081']),
      ];
      try {
        const steps = stepsOf(readme);
        assert.ok(steps.length > 10);
        for (const { command, answer } of steps) {
          const here = command.replace(
            /127\.0\.0\.1:(8080|8081)/g,
            (_, port: '8080' | '8081') => `127.0.0.1:${ports[port]}`,
          );
          const run = (): boolean => {
            const env = { ...process.env, ETCDCTL_ENDPOINTS: server.url, ETCDCTL_API: '3' };
            const { stdout, stderr } = spawnSync('sh', ['-c', here], { encoding: 'utf8', env });
            if (answer.startsWith('"') ? stdout.includes(answer) : stdout.split('\n').includes(answer)) return true;
            throw new Error(`${command}: expected ${answer}, got ${stdout}${stderr}`);
          };
          // What is read may take a moment to arrive; what is written is written once.
          if (/^curl|^etcdctl get/.test(command)) await eventually(run, { everyMs: 50 });
          else run();
        }
      } finally {
        for (const child of children) child.kill('SIGKILL');
        await server.close();
      }
    });
  });
}
