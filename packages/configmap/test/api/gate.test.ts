import { KubeConfig } from '@kubernetes/client-node';
import { assert, describe } from '@flagz/test-runner';
import { Gate } from '../../src/api/access.ts';
import { loadKubeConfig } from '../../src/api/kube-config.ts';

const { signal } = new AbortController();
const cluster = { name: 'here', server: 'https://127.0.0.1:1', skipTLSVerify: false };

describe('Gate.access()', (it) => {
  it('lets another KubeConfig stand in only for one that still says the same', async () => {
    const config = configOf({ exec: pluginFor('one') });
    const gate = await refusedGate(config);
    assert.is(await shownBy(gate), 'Bearer one');
    config.loadFromClusterAndUser(cluster, { name: 'somebody', token: 'two' });
    assert.is(await shownBy(gate), 'Bearer two');
  });

  it('lets nothing stand in for a KubeConfig that is renewed by another one', async () => {
    const [first, second] = [configOf({ exec: pluginFor('one') }), configOf({ exec: pluginFor('one') })];
    const gate = await refusedGate(first);
    assert.is(await shownBy(gate), 'Bearer one');
    Object.assign(first.getCurrentUser() ?? {}, { exec: pluginFor('two') });
    gate.renew(second);
    assert.is(await shownBy(gate), 'Bearer one');
  });
});

/** Makes a gate whose first credentials were refused. */
async function refusedGate(kubeConfig: KubeConfig): Promise<Gate> {
  const spec = { kubeConfig, context: undefined };
  const gate = new Gate(spec, await loadKubeConfig(spec, signal));
  await gate.access(signal);
  gate.refuse();
  return gate;
}

async function shownBy(gate: Gate): Promise<unknown> {
  const { headers } = await gate.access(signal);
  return headers['Authorization'];
}

function configOf(user: object): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, { ...user, name: 'somebody' });
  return config;
}

function pluginFor(token: string): object {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = { apiVersion, kind: 'ExecCredential', status: { token } };
  return { apiVersion, command: 'echo', args: [JSON.stringify(credential)] };
}
