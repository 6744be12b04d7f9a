import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Waits for a word that all is well; where the pipe ends without it, nobody is left who could say it. */
const SCRIPT = 'read -r word || kill -KILL "$0"';

/**
 * Sees to it that a server ends when this process ends, in whatever way: no handler runs when it is killed.
 *
 * A shell holds the other end of a pipe, which the system closes with this process.
 */
export function endWithUs(server: ChildProcess): void {
  if (server.pid === undefined) return;
  // In a group of its own: what ends our group must not end it too.
  const guard = spawn('sh', ['-c', SCRIPT, String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell the server ends as it is told to, and only then.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  // Neither keeps this process alive.
  guard.unref();
  (guard.stdin as Socket).unref();
  server.once('exit', () => guard.stdin.end('ended\n'));
}
