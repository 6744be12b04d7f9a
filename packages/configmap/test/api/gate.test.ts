import { writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { assert, describe, rejects } from '@flagz/test-runner';
import { kubeconfigText } from '@flagz/testbed';
import { Gate } from '../../src/api/access.ts';
import { loadKubeConfig } from '../../src/api/kube-config.ts';
import { tempDir } from '../temp-dir.ts';
import { waitingPlugin } from './askers.ts';

const NO_CREDENTIAL = /^the exec plugin "\w+" gave no credentials: it printed no credential; run it by hand$/;
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

  it('uses what an exec plugin of a file has printed for a while after failures, then asks it again', async () => {
    for (const [rememberedMs, shown] of [
      [60_000, 'Bearer one'],
      [-1, 'Bearer two'],
    ] as const) {
      using temp = tempDir();
      const [kubeConfig, printed] = [temp.join('kubeconfig'), temp.join('credential.json')];
      writeFileSync(kubeConfig, kubeconfigText({ server: cluster.server, exec: ['cat', printed] }));
      const spec = { kubeConfig, context: undefined };
      const gate = new Gate(spec, await loadKubeConfig(spec, signal), rememberedMs);
      for (const token of ['one', 'two']) {
        writeFileSync(printed, credentialOf({ token, expirationTimestamp: '2100-01-01T00:00:00Z' }));
        gate.renew(await loadKubeConfig(spec, signal));
        await gate.access(signal);
      }
      assert.is(await shownBy(gate), shown);
    }
  });

  for (const printed of ['{}', '{"kind":"ExecCredential"}', '{"kind":"ExecCredential","status":{}}', '1', '[]']) {
    it(`asks an exec plugin again that has printed ${printed} once`, async () => {
      using temp = tempDir();
      const path = temp.join('credential.json');
      const kubeConfig = configOf({ exec: { ...pluginFor(''), command: 'cat', args: [path] } });
      const gate = new Gate({ kubeConfig, context: undefined }, kubeConfig);
      writeFileSync(path, printed);
      await rejects(gate.access(signal), NO_CREDENTIAL);
      writeFileSync(path, credentialOf({ token: 'one' }));
      assert.is(await shownBy(gate), 'Bearer one');
    });
  }

  it('takes it for no credential when all that there is says as whom to act', async () => {
    const config = configOf({ exec: { ...pluginFor(''), args: [credentialOf({})] }, impersonateUser: 'other' });
    await rejects(new Gate({ kubeConfig: config, context: undefined }, config).access(signal), NO_CREDENTIAL);
  });

  it('says that the plugin has printed no credential also where it cannot ask it again', async () => {
    class Own extends KubeConfig {}
    const kubeConfig = new Own();
    kubeConfig.loadFromClusterAndUser(cluster, {
      name: 'somebody',
      exec: { ...pluginFor(''), command: 'echo', args: ['{}'] },
    });
    const gate = new Gate({ kubeConfig, context: undefined }, kubeConfig);
    for (let attempt = 0; attempt < 2; attempt++) await rejects(gate.access(signal), NO_CREDENTIAL);
  });

  const changes: Readonly<Record<string, (config: KubeConfig) => void>> = {
    'the current context': (config) => config.setCurrentContext('other'),
    'the cluster': (config) => Object.assign(config.getCurrentCluster() ?? {}, { tlsServerName: 'other' }),
    'the user': (config) => Object.assign(config.getCurrentUser() ?? {}, { impersonateUser: 'other' }),
    'the plugin': (config) => Object.assign(config.getCurrentUser() ?? {}, { exec: pluginFor('two') }),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`gives no access when ${what} of a KubeConfig changes while its plugin runs`, async () => {
      using temp = tempDir();
      const plugin = waitingPlugin(temp);
      const config = configOf({ exec: plugin.exec });
      config.addUser({ name: 'other', token: 'two' });
      config.addContext({ name: 'other', cluster: cluster.name, user: 'other' });
      const spec = { kubeConfig: config, context: undefined };
      const access = new Gate(spec, config).access(signal);
      await plugin.started();
      change(config);
      plugin.goOn();
      await rejects(
        access,
        /^the KubeConfig has come to say something else while credentials were got; they are got anew$/,
      );
    });
  }

  it('gives access when a token appears meanwhile, which a KubeConfig may make when it is asked', async () => {
    const config = configOf({});
    const made = config.applyToHTTPSOptions.bind(config);
    config.applyToHTTPSOptions = async (options) => {
      Object.assign(config.getCurrentUser() ?? {}, { token: 'one' });
      await made(options);
    };
    assert.is(await shownBy(new Gate({ kubeConfig: config, context: undefined }, config)), 'Bearer one');
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
