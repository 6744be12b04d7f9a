// Reads `+ NAME` for each namespace that is made in the user's cluster and `- NAME` for each that is removed. When nobody is
// left to say so, removes what is there still.
import { createInterface } from 'node:readline';
import { ApiClient } from './api-client.ts';
import { givenKubeconfig, readAddress } from './given-cluster.ts';

/** How long all of it may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

const left = new Set<string>();
for await (const line of createInterface({ input: process.stdin })) {
  const [sign, name = ''] = line.split(' ');
  if (sign === '+') left.add(name);
  else left.delete(name);
}
const kubeconfig = givenKubeconfig();
if (left.size > 0 && kubeconfig) {
  setTimeout(() => process.exit(1), TIMEOUT_MS).unref();
  const api = new ApiClient(await readAddress(kubeconfig));
  await Promise.allSettled([...left].map((name) => api.ask('DELETE', `/api/v1/namespaces/${name}`)));
  api.close();
}
