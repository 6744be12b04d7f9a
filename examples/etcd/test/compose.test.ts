import { existsSync, readFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';
import { findEtcds } from '@flagz/testbed-etcd';
import { load as parseYaml } from 'js-yaml';
import { commandOf, services } from './compose.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');
const root = JSON.parse(read('../../../package.json')) as {
  readonly packageManager: string;
  readonly engines: { readonly node: string };
};

/** Gives major and minor version as one number that can be compared. */
function versionOf(text: string): number {
  const [, major = '', minor = '0'] = /(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return Number(major) * 1_000 + Number(minor);
}

/** Gives the version of a service's image. */
const imageVersion = (name: string): string => services[name]?.image.split(':').at(-1) ?? '';

describe('compose.yaml', (it) => {
  it('has an etcd between the oldest and the newest that the walk is run against', () => {
    const tested = findEtcds().map(({ version }) => versionOf(version));
    const version = versionOf(imageVersion('etcd'));
    assert.ok(version >= 3_004, imageVersion('etcd'));
    // Where one etcd only is installed, it says nothing of the newest.
    if (tested.length > 1) assert.ok(Math.min(...tested) <= version && version <= Math.max(...tested));
  });

  it('runs the Node that the packages ask for, and builds with their package manager', () => {
    for (const name of ['build', 'service-a', 'service-b'])
      assert.ok(Math.floor(versionOf(imageVersion(name)) / 1_000) >= Math.floor(versionOf(root.engines.node) / 1_000));
    const builders =
      commandOf('build')
        .join(' ')
        .match(/pnpm@[\d.]+/g) ?? [];
    assert.equal(new Set(builders), new Set([root.packageManager]));
  });

  it('starts the example service twice, once it is built', () => {
    for (const name of ['service-a', 'service-b']) {
      const [node, main = ''] = commandOf(name);
      assert.is(node, 'node');
      const source = main.replace('/dist/', '/src/').replace(/js$/, 'ts');
      assert.ok(existsSync(new URL(`../../../${source}`, import.meta.url)), source);
      assert.ok(services[name]?.depends_on?.['build']);
    }
  });

  it('reaches etcd by the name and the port that it has there', () => {
    const advertised = commandOf('etcd').find((word) => word.startsWith('--advertise-client-urls='));
    assert.is(advertised, '--advertise-client-urls=http://etcd:2379');
    for (const name of ['service-a', 'service-b']) {
      const words = commandOf(name);
      assert.is(words[words.indexOf('--etcd_endpoints') + 1], 'http://etcd:2379');
    }
  });

  it('publishes, on this machine only, the ports that the README names', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
    const named = readme.match(/127\.0\.0\.1:\d+/g) ?? [];
    assert.equal(new Set(published.map((port) => port.replace(/:\d+$/, ''))), new Set(named));
  });

  it('has a Prometheus that asks both services, at the port that they listen on', () => {
    const { scrape_configs } = parseYaml(read('../prometheus.yaml')) as {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap((group) => group.targets));
    const listening = ['service-a', 'service-b'].map((name) => {
      const port = services[name]?.ports?.[0]?.split(':').at(-1);
      return `${name}:${port}`;
    });
    assert.equal([...targets].sort(), listening);
  });
});
