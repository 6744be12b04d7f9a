import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Is a runtime with a Fetch server of its own. */
export type RuntimeName = 'bun' | 'deno';

/** Is a server in a process of its own. */
export interface RunningServer {
  readonly url: string;
  /** Has it end by itself, as a service does. @returns its exit code, and what it wrote to stderr */
  stop(): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const PROGRAMS: Readonly<Record<RuntimeName, { readonly path: string; readonly args: readonly string[] }>> = {
  bun: { path: 'bin/bun', args: [] },
  deno: { path: 'deno', args: ['run', '--allow-net', '--allow-read', '--allow-env', '--no-prompt', '--no-lock'] },
};

/**
 * Finds the program that the registry's package of the runtime brings along: the first for this platform. The package's
 * own install script would only copy it.
 */
export function findRuntime(name: RuntimeName): string | undefined {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { optionalDependencies: object };
  const ofRuntime = createRequire(manifest);
  return Object.keys(optionalDependencies)
    .flatMap((specifier) => {
      try {
        return [join(dirname(ofRuntime.resolve(`${specifier}/package.json`)), PROGRAMS[name].path)];
      } catch {
        return [];
      }
    })
    .find((path) => existsSync(path));
}

/** Tells why there can be no server of that runtime here, if there cannot. @throws {Error} in CI */
export function missingRuntime(name: RuntimeName): string | undefined {
  if (findRuntime(name)) return undefined;
  const reason = `the package ${name} has no program for ${process.platform}-${process.arch}`;
  if (process.env['CI']) throw new Error(reason);
  return reason;
}

/** Starts the server of `fetch-server.child.ts`. */
export async function startRuntime(name: RuntimeName): Promise<RunningServer> {
  const program = findRuntime(name) ?? name;
  const script = new URL('fetch-server.child.ts', import.meta.url).pathname;
  const child = spawn(program, [...PROGRAMS[name].args, '--conditions=@flagz/source', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line') as Promise<[port: string]>, closed.then(() => undefined)]);
  if (!first) throw new Error(`${name} ended before it listened: ${stderr}`);
  return {
    url: `http://127.0.0.1:${first[0]}/debug/flagz`,
    async stop() {
      child.stdin.end();
      const [code] = await closed;
      return { code, stderr };
    },
  };
}
