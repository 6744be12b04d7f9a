import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { givenKubeconfig } from './given-cluster.ts';

/** Reads what is there and what is not any more; one guard for all namespaces of this process. */
let guard: Socket | undefined;

/**
 * Sees to it that a namespace in the user's cluster is removed when this process ends, in whatever way: no handler runs
 * when it is killed. A cluster of the tests' own goes with all that is in it.
 *
 * @returns what says that it is not needed any more, for the namespace has been removed.
 */
export function removeNamespaceWithUs(name: string): () => void {
  if (!givenKubeconfig()) return () => {};
  const told = (guard ??= startGuard());
  told.write(`+ ${name}\n`);
  return () => void told.write(`- ${name}\n`);
}

/** Starts a process that holds the other end of a pipe, which the system closes with this process. */
function startGuard(): Socket {
  const script = fileURLToPath(new URL('./namespace-guard.child.ts', import.meta.url));
  // In a group of its own: what ends our group must not end it too.
  const child = spawn(process.execPath, [...process.execArgv, script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  // Neither keeps this process alive.
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.unref();
  return pipe;
}
