// `npm start [-- OPTIONS]`: builds the example server and runs it. Stdout belongs to the server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { install } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { turbo } from './lib/pnpm.mjs';
import { root } from './lib/workspace.mjs';

await main(async () => {
  await install({ quiet: true });
  process.stderr.write('Building the example server …\n');
  if (!(await turbo(['build', '--filter=@flagz/example-server...'], { quiet: true }))) {
    throw new Error('the build failed, see above');
  }
  process.exitCode = await serve(process.argv.slice(2));
});

/** Runs the server until it ends. @returns its exit code */
async function serve(options) {
  const server = spawn(process.execPath, ['examples/server/dist/main.js', ...defaultOptions(options), ...options], {
    cwd: root,
    stdio: 'inherit',
  });
  // This process must outlive the server. From a terminal, Ctrl-C reaches the server several times: from the terminal,
  // and through npm and this process; from elsewhere only the last way is left.
  const asked = new Set();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      asked.add(signal);
      server.kill(signal);
    });
  }
  const [exitCode, signal] = await once(server, 'exit');
  // A signal that comes again while Node tears down, when no handler is left, ends the server by itself: it had stopped.
  return asked.has(signal) ? 0 : (exitCode ?? 128 + constants.signals[signal]);
}

function defaultOptions(options) {
  const chosen =
    options.some((option) => /^--config[-_]dir(=|$)/.test(option)) || process.env.DEMO_CONFIG_DIR !== undefined;
  return chosen ? [] : ['--config_dir', 'examples/server/flagz.d'];
}
