import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { tempDir } from '../temp-dir.ts';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** Gives a process a `/run` of its own, which `/var/run` is, too: what lies there is seen by nobody else. */
const OWN_RUN = ['unshare', '--map-root-user', '--mount', 'sh', '-ec'];
const MOUNT = 'mount -t tmpfs none "$(readlink -f /var/run)"';
/** Puts the files where a pod has them; then it becomes the process that is given. */
const AS_POD = `${MOUNT}; folder=/var/run/secrets/kubernetes.io; mkdir -p "$folder"; cp -r "$0" "$folder/serviceaccount"; exec "$@"`;

/** Tells why a process cannot have a `/run` of its own here. */
function whyNoPod(): string | undefined {
  const [command = '', ...args] = OWN_RUN;
  const { status, error, stderr } = spawnSync(command, [...args, MOUNT], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `needs a mount namespace: unshare of util-linux, and the right to use it (${error?.message ?? stderr.trim()})`;
}

describeOnCluster('configMapApiSource in a pod', (it, hooks) => {
  const title = 'finds the API server and its service account by itself, whatever kubeconfig lies about';
  const follows = Shop.test(async (shop) => {
    await shop.put({ rate: '20' });
    using account = tempDir();
    const config = new KubeConfig();
    config.loadFromFile(shop.kubeConfig);
    const { caData = '', caFile } = config.getCurrentCluster() ?? {};
    writeFileSync(account.join('ca.crt'), caFile ? readFileSync(caFile) : Buffer.from(caData, 'base64'));
    writeFileSync(account.join('token'), await shop.namespace.token('shop'));
    writeFileSync(account.join('namespace'), shop.namespace.name);
    const [command = '', ...args] = OWN_RUN;
    const program = new URL('in-pod.ts', import.meta.url).pathname;
    const node = [process.execPath, '--import', 'tsx', '-C', '@flagz/source', program, shop.namespace.name];
    const child = spawn(command, [...args, AS_POD, account.path, ...node], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        KUBERNETES_SERVICE_HOST: shop.cluster.host,
        KUBERNETES_SERVICE_PORT: String(shop.cluster.port),
        KUBECONFIG: shop.cluster.writeKubeconfig('elsewhere', { server: 'https://127.0.0.1:1', token: 'x' }),
      },
    });
    const ended = once(child, 'exit');
    try {
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await eventually(() => said === '20\n' || child.exitCode !== null, { withinMs: 30_000 });
      await shop.put({ rate: '30' });
      const [code] = await ended;
      assert.equal([said, code], ['20\n30\n', 0]);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
  const missing = whyNoPod();
  if (missing) hooks.skip(title, missing, () => {});
  else it(title, follows, { own: true });
});
