import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, describe } from '@flagz/test-runner';
import { read, repositoryFiles, root } from '../src/workspace.ts';

/** Says what a user hears who may install nothing, on a machine that has nothing. */
function heardWithout(tools: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'flagz-home-'));
  try {
    const script = `import('./scripts/lib/check-tools.mjs').then(({ checkTools }) => checkTools()).catch(({ message }) => console.log(message))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: tools.join(':'), HOME: home },
      // Root would install what is missing.
      ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    });
    return stdout;
  } finally {
    rmSync(home, { recursive: true });
  }
}

describe('npm test, of a user who may not install', (it) => {
  it('names all programs that are missing at once, and the command that installs them', () => {
    assert.is(
      heardWithout([]),
      `the tests run programs that were not found: etcd, etcdctl, prometheus, promtool, chromium
On Debian this installs them:
  sudo apt-get update && sudo apt-get install --yes etcd-server etcd-client prometheus chromium
Useful besides: kubectl 1.21 or newer, without which one test is skipped
`,
    );
  });
});

describe('a workflow', (it) => {
  const workflows = repositoryFiles().filter((path) => path.startsWith('.github/workflows/'));
  const uses = workflows.flatMap((path) => read(path).match(/(?<=uses: ).*$/gm) ?? []);

  it('is there', () => assert.ok(workflows.includes('.github/workflows/release.yml')));

  it('pins its actions by commit, and says which version that is', () => {
    assert.equal(
      uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)),
      [],
    );
  });

  it('uses each action in one version', () => {
    const pins = [...new Set(uses)].map((action) => action.split('@')[0]);
    assert.equal(pins, [...new Set(pins)]);
  });

  it('gives the right to publish to the one job that publishes', () => {
    const granted = workflows.flatMap((path) =>
      jobsOf(read(path))
        .filter(([, text]) => text.includes('id-token: write'))
        .map(([name]) => `${path} ${name}`),
    );
    assert.equal(granted, ['.github/workflows/release.yml publish']);
  });

  it('installs what the tests run', () => {
    const release = read('.github/workflows/release.yml');
    assert.match(release, /apt-get install .*etcd-server etcd-client prometheus/);
    assert.match(release, /setup-go@/);
  });

  it('may end: each job has a time limit', () => {
    const endless = workflows.flatMap((path) =>
      jobsOf(read(path))
        .filter(([, text]) => !/^ {4}timeout-minutes: \d+$/m.test(text))
        .map(([name]) => `${path} ${name}`),
    );
    assert.equal(endless, []);
  });

  it('runs scripts that there are, and asks for no more rights than to read where it is scheduled', () => {
    const nightly = read('.github/workflows/nightly.yml');
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const ran = [...nightly.matchAll(/npm run (?:--\w+ )*(\w+)/g)].map(([, name = '']) => name);
    assert.equal(ran, ['fuzz', 'soak']);
    assert.ok(ran.every((name) => Object.hasOwn(scripts, name)));
    assert.not.match(nightly, /: write|secrets\./);
  });
});

/** Gives the names and texts of a workflow's jobs, as they are indented here. */
function jobsOf(workflow: string): readonly (readonly [name: string, text: string])[] {
  const [, jobs = ''] = workflow.split(/^jobs:\n/m);
  return jobs.split(/^(?= {2}[a-z])/m).map((text) => [text.trim().split(':')[0] ?? '', text] as const);
}
