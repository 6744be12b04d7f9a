import { ensureBinary, versionOf } from '../../tools/testbed/src/binaries.mjs';

/**
 * Finds or builds the API server of Kubernetes, an etcd for it, and the kubelet's volume writer.
 *
 * Where that is impossible the tests that need them are skipped, with the reason; in CI that is a failure. A cluster
 * of the user's (`FLAGZ_TEST_KUBECONFIG`) stands in for the first two.
 *
 * @returns {Promise<void>}
 * @throws {Error} in CI, when a part is missing: the message says what to install.
 */
export async function ensureKubernetes() {
  const parts = ['etcd', 'kube-apiserver', 'volume-writer'];
  const there = [];
  for (const part of parts) {
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
