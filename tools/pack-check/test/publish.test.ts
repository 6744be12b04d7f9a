// timeout: 300 s
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, describe, rejects } from '@flagz/test-runner';
import { packages, root } from '../src/packages.ts';
import { run } from '../src/run.ts';

type Environment = Readonly<Record<string, string>>;

/** Is where the workflow would run. */
const GITHUB = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'somebody/flagz' };

/** Of our packages only: the pinned pnpm comes from the ordinary registry. */
const REGISTRY = 'npm_config_@flagz:registry';

describe('scripts/set-repository.mjs', (it) => {
  it('writes into each package where it comes from, after the licence', async () => {
    await inCopy(async (copy) => {
      await script(copy, 'set-repository.mjs', GITHUB);
      for (const { name } of packages()) {
        const folder = `packages/${name.replace('@flagz/', '')}`;
        const manifest = JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as Record<
          string,
          unknown
        >;
        const url = 'git+https://github.com/somebody/flagz.git';
        assert.equal(manifest['repository'], { type: 'git', url, directory: folder });
        const fields = Object.keys(manifest);
        assert.is(fields.indexOf('repository'), fields.indexOf('license') + 1);
      }
    });
  });

  it('says where it works when the repository is unknown, and changes nothing', async () => {
    await inCopy(async (copy) => {
      const before = readFileSync(join(copy, 'packages/core/package.json'), 'utf8');
      await rejects(
        script(copy, 'set-repository.mjs', { GITHUB_SERVER_URL: '', GITHUB_REPOSITORY: '' }),
        /the repository is unknown: GITHUB_SERVER_URL and GITHUB_REPOSITORY are not set/,
      );
      assert.is(readFileSync(join(copy, 'packages/core/package.json'), 'utf8'), before);
    });
  });
});

describe('scripts/publish.mjs', (it) => {
  it('refuses packages that do not say where they come from', async () => {
    await inCopy(async (copy) => {
      await rejects(
        script(copy, 'publish.mjs', {}),
        /@flagz\/core does not say where it comes from, .*: run "node scripts\/set-repository\.mjs" first/,
      );
    });
  });

  it('refuses packages that are not built', async () => {
    await inCopy(async (copy) => {
      rmSync(join(copy, 'packages/etcd/dist'), { recursive: true });
      await script(copy, 'set-repository.mjs', GITHUB);
      await rejects(script(copy, 'publish.mjs', {}), /@flagz\/etcd is not built: run "npm run build" first/);
    });
  });

  it('publishes what the registry lacks, core first', async () => {
    const version = readVersion();
    await withRegistry(['@flagz/etcd'], async (registry) => {
      await inCopy(async (copy) => {
        await script(copy, 'set-repository.mjs', GITHUB);
        const printed = await script(copy, 'publish.mjs', { [REGISTRY]: registry }, ['--dry-run']);
        const names = packages().map(({ name }) => name);
        assert.equal(
          printed.trim().split('\n'),
          ['@flagz/core', ...names.filter((name) => name !== '@flagz/core')].map((name) =>
            name === '@flagz/etcd'
              ? `${name}@${version} is published already`
              : `${name}@${version} would be published`,
          ),
        );
      });
    });
  });

  it('stops when the registry gives no answer that counts', async () => {
    await withRegistry([], async (registry) => {
      await inCopy(async (copy) => {
        await script(copy, 'set-repository.mjs', GITHUB);
        await rejects(
          script(copy, 'publish.mjs', { [REGISTRY]: `${registry}broken/`, npm_config_fetch_retries: '0' }),
          /the registry did not say whether it has @flagz\/core@/,
        );
      });
    });
  });
});

/** Runs a script of a copy. @returns what it printed */
async function script(copy: string, name: string, env: Environment, args: readonly string[] = []): Promise<string> {
  const assignments = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return run('env', [...assignments, process.execPath, join(copy, 'scripts', name), ...args], copy);
}

/** Copies the scripts and the packages, as far as publishing looks at them. */
async function inCopy(test: (copy: string) => Promise<void>): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'flagz-publish-test-'));
  try {
    cpSync(join(root, 'scripts'), join(copy, 'scripts'), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    writeFileSync(join(copy, 'pnpm-workspace.yaml'), 'packages:\n  - packages/*\n');
    for (const { folder, name } of packages()) {
      const to = join(copy, 'packages', name.replace('@flagz/', ''));
      mkdirSync(join(to, 'dist'), { recursive: true });
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      // Nothing is installed in the copy, so that pnpm could not say which versions these are.
      delete manifest['devDependencies'];
      writeFileSync(join(to, 'package.json'), JSON.stringify(manifest));
    }
    await test(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Runs a registry that has the present version of some packages. */
async function withRegistry(names: readonly string[], test: (address: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? '').slice(1);
    if (name.startsWith('broken/')) response.writeHead(500).end();
    else if (!names.includes(name)) response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentOf(name)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await test(`http://127.0.0.1:${portOf(server)}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function documentOf(name: string): object {
  const version = readVersion();
  const dist = { tarball: 'http://127.0.0.1/none.tgz', shasum: '0'.repeat(40) };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } };
}

function readVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8')) as { version: string }).version;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
