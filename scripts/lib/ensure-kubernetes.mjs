import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureBinary, versionOf } from '../../tools/testbed/src/binaries.mjs';

/**
 * Finds or builds the API server of Kubernetes, an etcd for it, and the kubelet's volume writer.
 *
 * Where that is impossible the tests that need them are skipped, with the reason; in CI that is a failure. A cluster
 * of the user's (`FLAGZ_TEST_KUBECONFIG`) stands in for the first two.
 *
 * @returns {Promise<void>}
 * @throws {Error} in CI, when a part is missing: the message says what to install.
 * @throws {Error} when the user's kubeconfig cannot be read.
 */
export async function ensureKubernetes() {
  const { FLAGZ_TEST_KUBECONFIG: given } = process.env;
  // Each test runs in the folder of its package.
  const kubeconfig = given && (process.env.FLAGZ_TEST_KUBECONFIG = resolve(given));
  const there = kubeconfig ? [fingerprint(kubeconfig)] : [];
  for (const part of kubeconfig ? ['volume-writer'] : ['etcd', 'kube-apiserver', 'volume-writer']) {
    try {
      await ensureBinary(part);
      there.push(`${part}@${versionOf(part)}`);
    } catch (error) {
      if (process.env.CI) throw error;
      process.stderr.write(`${error.message}\n`);
    }
  }
  // Hashed by turbo: what was skipped without a part has to run when it is there.
  process.env.FLAGZ_TESTBED = there.join(' ');
}

function fingerprint(kubeconfig) {
  try {
    return createHash('sha256').update(readFileSync(kubeconfig)).digest('hex');
  } catch (cause) {
    throw new Error(
      `FLAGZ_TEST_KUBECONFIG: cannot read "${kubeconfig}": ${cause.message}; name the kubeconfig of a cluster, or unset it`,
      { cause },
    );
  }
}
