// Runs `npm start` as a user does: waits until it listens, asks it, interrupts it, and expects exit code 0.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { main } from './lib/main.mjs';
import { root } from './lib/workspace.mjs';

const START_MS = 120_000;
const STOP_MS = 10_000;

await main(async () => {
  // A process group of its own, so that nothing is left behind when this fails.
  const npm = spawn('npm', ['start', '--', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  try {
    const url = await within(START_MS, 'npm start did not listen', listening(npm.stdout));
    console.log(`listening at ${url}`);
    for (const path of ['/healthz', '/values']) await ask(new URL(path, url));

    const ended = once(npm, 'exit');
    npm.kill('SIGINT');
    const [exitCode, signal] = await within(STOP_MS, 'npm start did not end after SIGINT', ended);
    if (exitCode !== 0) throw new Error(`npm start ended with ${signal ?? `exit code ${exitCode}`} after SIGINT`);
    console.log('ended with exit code 0 after SIGINT');
  } finally {
    killGroup(npm.pid);
  }
});

/** Waits for the line of JSON that says where the server listens. */
async function listening(stdout) {
  for await (const line of createInterface(stdout)) {
    // npm prints lines of its own first.
    if (line.startsWith('{"event":"listening"')) return JSON.parse(line).url;
  }
  throw new Error('npm start ended before it listened');
}

async function ask(url) {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  console.log(`${url.pathname} answered ${response.status}`);
}

async function within(ms, problem, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem} within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself.
  }
}
