import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Waits for a word that all is well; where the pipe ends without it, nobody is left who could say it. */
const WAIT = 'read -r word';
const KILL = `${WAIT} || kill -KILL "$0"`;
/** What is written there may be killed a moment later: then the folder is not empty, or there again. */
const REMOVE = `${WAIT} || for try in 1 2 3 4 5; do rm -rf -- "$0"; sleep 1; [ -e "$0" ] || break; done`;

/**
 * Sees to it that a server ends when this process ends, in whatever way: no handler runs when it is killed.
 */
export function endWithUs(server: ChildProcess): void {
  if (server.pid === undefined) return;
  server.once('exit', guarded(KILL, String(server.pid)));
}

/**
 * Sees to it that a folder is removed when this process ends, in whatever way.
 *
 * @returns what says that it is not needed any more, for the folder has been removed.
 */
export function removeWithUs(folder: string): () => void {
  return guarded(REMOVE, folder);
}

/** A shell holds the other end of a pipe, which the system closes with this process. */
function guarded(script: string, subject: string): () => void {
  // In a group of its own: what ends our group must not end it too.
  const guard = spawn('sh', ['-c', script, subject], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell the subject ends as it is told to, and only then.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  // Neither keeps this process alive.
  guard.unref();
  (guard.stdin as Socket).unref();
  return () => void guard.stdin.end('all is well\n');
}
