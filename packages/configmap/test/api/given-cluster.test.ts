// What `FLAGZ_TEST_KUBECONFIG` may name: the tests' own ways to a cluster, tried with the source that takes all of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlagSet, int } from '@flagz/core';
import { assert, rejects } from '@flagz/test-runner';
import { type ApiObject, Cluster, type KubeconfigOptions, kubeconfigText } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { describeOnCluster } from './cluster-suite.ts';
import { FRONT_HOST, FRONT_TOKEN, Front, type FrontOptions } from './front.ts';
import { Shop } from './shop.ts';

/** Are servers and the kubeconfigs that name them. */
const FORMS: Readonly<Record<string, FrontOptions & { readonly settings?: Partial<KubeconfigOptions> }>> = {
  'an IP address, and a certificate that has a name': { hosts: [FRONT_HOST, 'kubernetes', 'kubernetes.default.svc'] },
  'an IP address, and a certificate for the loopback as well': { hosts: [FRONT_HOST, '127.0.0.1'] },
  'an IP address and tls-server-name': { hosts: ['inside.test'], settings: { tlsServerName: 'inside.test' } },
  'insecure-skip-tls-verify': { hosts: ['elsewhere.test'], settings: { ca: '', insecure: true } },
  'a path': { hosts: [FRONT_HOST, '127.0.0.1'], path: '/k8s/clusters/c-1' },
};

/** Are kubeconfigs that the tests cannot use, and what is said to them. */
const REFUSED: readonly (readonly [settings: Partial<KubeconfigOptions>, told: RegExp])[] = [
  [{}, /127\.0\.0\.2, whose certificate has no DNS name; for the tests it needs .*127\.0\.0\.1/],
  [{ ca: '' }, /no connection can be made: .*certificate.*; for the tests it needs .*certificate-authority/],
  [
    { server: 'https://127.0.0.2:1' },
    /no connection can be made: .*ECONNREFUSED.*; for the tests it needs a server that runs/,
  ],
  [{ server: 'http://127.0.0.2:1' }, /names the server "http:.*; for the tests it needs one whose URL is https/],
  [{ proxyUrl: 'http://127.0.0.1:1' }, /has a proxy-url; for the tests it needs a server that is reached without/],
];

describeOnCluster('a cluster that a kubeconfig names', (it) => {
  for (const [form, { settings, ...options }] of Object.entries(FORMS)) {
    const test = async (cluster: Cluster): Promise<void> => {
      const front = await Front.start(cluster, options);
      const server = `https://${FRONT_HOST}:${front.port}${options.path ?? ''}`;
      const given = await Cluster.given(write(cluster, { server, ca: front.ca, token: FRONT_TOKEN, ...settings }));
      try {
        await Shop.test(followed)(given);
      } finally {
        await given.close();
        await front.close();
      }
    };
    it(`is used where it has ${form}`, test, { own: true });
  }

  const title = 'is refused with what its kubeconfig needs, where the tests cannot use it';
  const refuses = async (cluster: Cluster): Promise<void> => {
    const front = await Front.start(cluster, { hosts: [FRONT_HOST] });
    const server = `https://${FRONT_HOST}:${front.port}`;
    try {
      for (const [settings, told] of REFUSED) {
        await rejects(Cluster.given(write(cluster, { server, ca: front.ca, token: FRONT_TOKEN, ...settings })), told);
      }
    } finally {
      await front.close();
    }
  };
  it(title, refuses, { own: true });

  const tidy = 'is left without a namespace, where its user may not make what else a test needs';
  const leavesNothing = async (cluster: Cluster): Promise<void> => {
    await allow(cluster, 'maker', { resources: ['namespaces', 'serviceaccounts'], verbs: ['create', 'delete'] });
    const { certificate, key } = cluster.clientCertificate('maker');
    const given = await Cluster.given(cluster.writeKubeconfig('maker', { client: { certificate, key } }));
    const before = await namespaces(cluster);
    try {
      await rejects(Shop.open(given), /POST .*\/roles: 403/);
      const made = (await namespaces(cluster)).filter(({ name }) => !before.some((known) => known.name === name));
      assert.is(made.length, 1);
      assert.ok(made[0]?.deletionTimestamp, 'is removed');
    } finally {
      await given.close();
    }
  };
  it(tidy, leavesNothing, { own: true });
});

/** Uses all that the tests use: the administrator, a service account, the server itself and the proxy before it. */
async function followed(shop: Shop): Promise<void> {
  const { cluster, namespace, others } = shop;
  await shop.put({ rate: '20' });
  await shop.watch();
  const rates = [shop.rate];
  const direct = cluster.writeKubeconfig('direct', { token: await namespace.token('shop') });
  for (const kubeConfig of [direct, cluster.adminKubeconfig()]) {
    const flags = new FlagSet('direct');
    others.push(flags);
    rates.push(flags.dynamic('rate', int, 10, 'A rate.'));
    await flags.watch(shop.source({ kubeConfig }));
  }
  await shop.put({ rate: '30' });
  await eventually(() => rates.every((rate) => rate.get() === 30));
}

/** Allows a user something in the whole cluster. */
async function allow({ api }: Cluster, user: string, rule: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const metadata = { name: user };
  await api.send('POST', `${rbac}/clusterroles`, { metadata, rules: [{ apiGroups: [''], ...rule }] });
  await api.send('POST', `${rbac}/clusterrolebindings`, {
    metadata,
    subjects: [{ kind: 'User', name: user }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
  });
}

async function namespaces({ api }: Cluster): Promise<readonly ApiObject['metadata'][]> {
  const { items } = await api.send<{ items: readonly ApiObject[] }>('GET', '/api/v1/namespaces');
  return items.map(({ metadata }) => metadata);
}

function write(cluster: Cluster, options: KubeconfigOptions): string {
  const path = join(cluster.folder, 'given.kubeconfig');
  writeFileSync(path, kubeconfigText(options));
  return path;
}
