// Finds the binaries of the testbed, or builds them. Plain JavaScript: `npm test` calls it before anything is compiled.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const testbed = fileURLToPath(new URL('..', import.meta.url));

/** What is built from where: the version is the one that `go.mod` pins. */
const PARTS = {
  'kube-apiserver': { folder: testbed, command: './kube-apiserver', module: 'k8s.io/kubernetes', takes: '4 minutes' },
  'volume-writer': {
    folder: testbed,
    command: './volume-writer',
    module: 'k8s.io/kubernetes',
    takes: 'half a minute',
    isOurs: true,
  },
  etcd: {
    folder: join(testbed, '../testbed-etcd'),
    command: '.',
    module: 'go.etcd.io/etcd/server/v3',
    takes: 'half a minute',
  },
};

/**
 * Says what to install where a binary can be neither found nor built.
 *
 * @param {keyof typeof PARTS} name
 */
export function installHint(name) {
  const go = 'install Go 1.26 or newer';
  if (PARTS[name].isOurs) return go;
  return `${go}, or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest makes one), or FLAGZ_TEST_KUBECONFIG to the kubeconfig of a cluster of yours`;
}

/**
 * Finds a binary: in the folder that `KUBEBUILDER_ASSETS` names, else in the cache of the user.
 *
 * @param {keyof typeof PARTS} name
 * @returns {string | undefined} its path
 */
export function findBinary(name) {
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  return [...(assets ? [join(assets, name)] : []), cached(name)].find(isExecutable);
}

/**
 * Finds a binary, or builds it into the cache of the user.
 *
 * @param {keyof typeof PARTS} name
 * @param {{ say?: (line: string) => void }} [options] say is told what takes long
 * @returns {Promise<string>} its path
 * @throws {Error} when it can be neither found nor built: the message says what to install.
 */
export async function ensureBinary(name, { say = (line) => process.stderr.write(`${line}\n`) } = {}) {
  const found = findBinary(name);
  if (found) return found;
  const { folder, command, takes } = PARTS[name];
  await run('go', ['version']).catch((cause) => {
    throw new Error(`${name}: is neither there nor can it be built; ${installHint(name)}`, { cause });
  });
  const target = cached(name);
  // Renamed when complete: a build that is broken off, or a second one beside it, leaves no half a file.
  const draft = `${target}.${process.pid}.tmp`;
  say(`Building ${name} ${versionOf(name)}, once: takes about ${takes} …`);
  const started = performance.now();
  try {
    mkdirSync(join(target, '..'), { recursive: true });
    const env = { ...process.env, CGO_ENABLED: '0' };
    await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', draft, command], { cwd: folder, env });
    renameSync(draft, target);
  } catch (cause) {
    throw new Error(`${name}: go build failed; ${installHint(name)}\n${cause.stderr ?? cause.message}`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
  say(`Built ${name} in ${Math.round((performance.now() - started) / 1000)} s: ${target}`);
  return target;
}

/** Gives the version of a part. */
export function versionOf(name) {
  const { folder, module } = PARTS[name];
  const line = readFileSync(join(folder, 'go.mod'), 'utf8')
    .split('\n')
    .find((text) => text.includes(`${module} v`));
  return line?.split(' v')[1]?.trim() ?? 'unknown';
}

/** Names the version; of what is a program of ours, its source as well. */
function cached(name) {
  const { folder, command, isOurs } = PARTS[name];
  const source = isOurs ? `-${hashOf(join(folder, command, 'main.go'))}` : '';
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'flagz', `${name}-${versionOf(name)}${source}`);
}

function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 8);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
