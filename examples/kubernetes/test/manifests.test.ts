import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { type ApiObject, Cluster, Namespace, whyNoCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';

const folder = fileURLToPath(new URL('../manifests', import.meta.url));
const files = readdirSync(folder).sort();
const missing = whyNoCluster();

const PATHS: Readonly<Record<string, string>> = {
  ConfigMap: 'api/v1/namespaces/{namespace}/configmaps',
  ServiceAccount: 'api/v1/namespaces/{namespace}/serviceaccounts',
  Service: 'api/v1/namespaces/{namespace}/services',
  Role: 'apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings',
  Deployment: 'apis/apps/v1/namespaces/{namespace}/deployments',
  PodDisruptionBudget: 'apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets',
};

describe('examples/kubernetes', (it) => {
  let cluster: Cluster;
  let namespace: Namespace;
  const test = (title: string, run: () => Promise<void>): void => {
    if (missing) it.skip(title, missing, run);
    else it(title, run);
  };
  it.before(async () => {
    if (missing) return;
    cluster = await Cluster.start();
    namespace = await new Namespace(cluster.api).create();
  });
  it.after(async () => {
    await namespace?.remove();
    await cluster?.close();
  });

  for (const file of files) {
    test(`${file} is applied by the API server with strict validation`, async () => {
      const text = readFileSync(join(folder, file), 'utf8');
      const { kind = '', metadata } = loadYaml<ApiObject>(text);
      const path = PATHS[kind]?.replace('{namespace}', namespace.name);
      assert.ok(path, `${file}: kind ${kind} has no path in this test`);
      const query = 'fieldValidation=Strict&fieldManager=example';
      await cluster.api.send('PATCH', `/${path}/${metadata.name}?${query}`, text, 'application/apply-patch+yaml');
    });
  }

  test('the check is strict: it finds a misspelt field', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata_: {}\n';
    const path = `/api/v1/namespaces/${namespace.name}/configmaps/x?fieldValidation=Strict&fieldManager=example`;
    await rejects(cluster.api.send('PATCH', path, text, 'application/apply-patch+yaml'), /data_/);
  });

  test('its Role is exactly what the source needs', async () => {
    const kubeConfig = cluster.writeKubeconfig('checkout', { token: await namespace.token('checkout') });
    const flags = new FlagSet('checkout');
    const most = flags.dynamic('max_connections', int, 100, 'A flag of the example.');
    await using _ = await flags.watch(
      configMapApiSource({ namespace: namespace.name, name: 'checkout-flags', kubeConfig }),
    );
    assert.is(most.get(), 200);
    await namespace.patchConfigMap('checkout-flags', { max_connections: '300' });
    await eventually(() => most.get() === 300);
    const other = configMapApiSource({ namespace: namespace.name, name: 'other', kubeConfig });
    await rejects(flags.watch(other), /may not list ConfigMap "other"/);
  });
});
