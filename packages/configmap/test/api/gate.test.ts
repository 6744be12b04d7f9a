import { writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { assert, describe } from '@flagz/test-runner';
import { Gate } from '../../src/api/access.ts';
import { loadKubeConfig } from '../../src/api/kube-config.ts';
import { tempDir } from '../temp-dir.ts';

const { signal } = new AbortController();
const cluster = { name: 'here', server: 'https://127.0.0.1:1', skipTLSVerify: false };

describe('Gate.access()', (it) => {
  // First: client-node has not been imported by the source yet.
  it('asks an exec plugin again as soon as what it gave was refused, although that has not expired', async () => {
    using temp = tempDir();
    const printed = temp.join('credential.json');
    const plugin = { ...pluginFor(''), command: 'cat', args: [printed] };
    writeFileSync(printed, credentialOf({ token: 'one', expirationTimestamp: '2100-01-01T00:00:00Z' }));
    const gate = await refusedGate(configOf({ exec: plugin }));
    writeFileSync(printed, credentialOf({ token: 'two', expirationTimestamp: '2100-01-01T00:00:00Z' }));
    assert.is(await shownBy(gate), 'Bearer two');
  });

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

const apiVersion = 'client.authentication.k8s.io/v1';

function pluginFor(token: string): object {
  return { apiVersion, command: 'echo', args: [credentialOf({ token })] };
}

function credentialOf(status: object): string {
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', status });
}
