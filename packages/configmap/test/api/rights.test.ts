// timeout: 300 s
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { eventually } from '@flagz/testing';
import { assert, rejects } from '@flagz/test-runner';
import { CertificateAuthority, kubeconfigText } from '@flagz/testbed';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** Short watches: an API server looks at rights and tokens only when one begins. */
const SHORT = { silenceTimeoutMs: 2_000 };

describeOnCluster('configMapApiSource: rights and credentials', (it) => {
  it(
    'names the verb, the resource, the name and the Role that is missing when it may not list',
    Shop.test(async (shop) => {
      const started = Date.now();
      await rejects(
        shop.watch({ watch: { startTimeoutMs: 60_000 } }),
        new RegExp(
          `source "configmap ${shop.namespace.name}/flags": system:serviceaccount:\\S+:shop may not list ` +
            `ConfigMap "flags" in namespace "${shop.namespace.name}": what is missing is a Role with verbs ` +
            `\\["get", "list", "watch"\\] on resources \\["configmaps"\\], resourceNames \\["flags"\\], and a RoleBinding`,
        ),
      );
      assert.ok(Date.now() - started < 30_000, 'does not wait for the start time-out');
    }, []),
  );

  it(
    'says that watch is missing where list is allowed',
    Shop.test(
      async (shop) => {
        await rejects(shop.watch(), /may not watch ConfigMap "flags"/);
      },
      ['get', 'list'],
    ),
  );

  it(
    'is stale with the reason while its Role is gone, keeps the values, and comes back with it',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      await shop.watch(SHORT);
      await shop.namespace.revoke('shop');
      await eventually(() => shop.state === 'stale' && /may not list/.test(shop.lastError), { withinMs: 10_000 });
      await shop.put({ rate: '30' });
      assert.is(shop.rate.get(), 20);
      await shop.namespace.grant('shop', { verbs: ['get', 'list', 'watch'], resourceNames: ['flags'] });
      await eventually(() => shop.rate.get() === 30 && shop.state === 'live', { withinMs: 15_000 });
    }),
  );

  it(
    'says that a token is unknown',
    Shop.test(async (shop) => {
      const kubeConfig = shop.cluster.writeKubeconfig('unknown', { token: 'nobody' });
      await rejects(shop.watch({ kubeConfig }), /does not know who asks to list ConfigMap "flags".*\(401\).*renew it/);
    }),
  );

  it(
    'reads a token file again when it is rotated',
    Shop.test(async (shop) => {
      const { cluster, namespace } = shop;
      await shop.put({ rate: '20' });
      const tokenFile = join(cluster.folder, `${namespace.name}.token`);
      const uid = await namespace.createServiceAccount('rotating');
      await namespace.grant('rotating', { verbs: ['list', 'watch'], resourceNames: ['flags'] });
      const write = (ms: number): void =>
        writeFileSync(tokenFile, `${cluster.signToken(namespace.name, 'rotating', uid, ms)}\n`);
      write(8_000);
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromClusterAndUser(
        {
          name: 'here',
          server: `https://127.0.0.1:${cluster.port}`,
          caData: base64(cluster.authority.certificate),
        } as never,
        { name: 'file', authProvider: { name: 'tokenFile', config: { tokenFile } } },
      );
      await shop.watch({ ...SHORT, kubeConfig });
      await eventually(() => /\(401\)/.test(shop.lastError) && shop.state === 'stale', { withinMs: 45_000 });
      write(600_000);
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30 && shop.state === 'live', { withinMs: 15_000 });
    }),
    { own: true },
  );

  it(
    'reads a kubeconfig again when its token has expired, and nobody notices',
    Shop.test(async (shop) => {
      const { cluster, namespace } = shop;
      const { metadata } = await cluster.api.send('GET', `/api/v1/namespaces/${namespace.name}/serviceaccounts/shop`);
      const write = (ms: number): string =>
        cluster.writeKubeconfig('expiring', {
          token: cluster.signToken(namespace.name, 'shop', metadata.uid ?? '', ms),
        });
      await shop.put({ rate: '20' });
      await shop.watch({ ...SHORT, kubeConfig: write(8_000) });
      write(600_000);
      const until = Date.now() + 21_000;
      await eventually(() => Date.now() > until, { withinMs: 30_000, everyMs: 200 });
      assert.is(shop.watcher?.status.restarts, 0, shop.lastError);
      await shop.put({ rate: '30' });
      await eventually(() => shop.rate.get() === 30);
    }),
    { own: true },
  );

  it(
    'refuses a server that another authority vouches for, and says what to check',
    Shop.test(async (shop) => {
      const ca = new CertificateAuthority('somebody else').certificate;
      const kubeConfig = shop.cluster.writeKubeconfig('wrong-ca', { ca, token: 'x' });
      await rejects(
        shop.watch({ kubeConfig }),
        /the certificate of https:\/\/\S+ cannot be trusted: .*check certificate-authority/,
      );
    }),
  );

  it(
    'shows a client certificate',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const { name } = shop.namespace;
      await shop.cluster.api.send('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`, {
        metadata: { name: 'carla' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'carla' }],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'shop' },
      });
      const client = shop.cluster.clientCertificate('carla');
      await shop.watch({ kubeConfig: shop.cluster.writeKubeconfig('carla', { client }) });
      assert.is(shop.rate.get(), 20);
    }),
    { own: true },
  );

  it(
    'asks an exec plugin',
    Shop.test(async (shop) => {
      await shop.put({ rate: '20' });
      const token = await shop.namespace.token('shop');
      const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
      const exec = [process.execPath, '-p', JSON.stringify(JSON.stringify(credential))];
      await shop.watch({ kubeConfig: shop.cluster.writeKubeconfig('exec', { exec }) });
      assert.is(shop.rate.get(), 20);
    }),
  );

  it(
    'says which contexts there are, and what a kubeconfig lacks',
    Shop.test(async (shop) => {
      await rejects(shop.watch({ context: 'nowhere' }), /the kubeconfig has no context "nowhere"; it has "test"/);
      await rejects(shop.watch({ kubeConfig: '/nowhere' }), /cannot read the kubeconfig "\/nowhere": ENOENT/);
      const http = join(shop.cluster.folder, 'http.kubeconfig');
      writeFileSync(http, kubeconfigText({ server: 'http://127.0.0.1:1' }));
      await rejects(
        shop.watch({ kubeConfig: http }),
        /the cluster "http:\/\/127\.0\.0\.1:1" cannot be used: its server must be an https URL/,
      );
    }),
  );
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
