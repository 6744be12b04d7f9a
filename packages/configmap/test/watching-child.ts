import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Is a process that watches a directory in surroundings of its own. */
export interface WatchingChild {
  /** What it has said. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
  /** Ends it; gives its exit code. */
  end(): Promise<number | null>;
}

/** Starts a process that watches `dir` after a shell, in namespaces of its own, has run `setUp`. */
export function watchInNamespace(options: {
  readonly namespaces: readonly string[];
  readonly setUp: string;
  readonly dir: string;
  readonly args?: readonly string[];
}): WatchingChild {
  const { namespaces, setUp, dir, args = [] } = options;
  const script = fileURLToPath(new URL('./watch-dir.child.ts', import.meta.url));
  const node = [process.execPath, ...process.execArgv, script, dir, ...args];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', `set -e; ${setUp}; exec "$@"`, 'sh', ...node], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const said: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
  });
  child.stdin.on('error', () => {});
  return {
    said,
    async end() {
      child.stdin.end();
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

/** Says why this machine cannot do that, so that a test can be skipped with a reason; nothing when it can. */
export function whyNot(namespaces: readonly string[], setUp: string): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', [...namespaces, 'sh', '-c', `set -e; ${setUp}`], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
