import { type It, type TestBody, describe } from '@flagz/test-runner';
import { Cluster, givenKubeconfig, missingForCluster } from '@flagz/testbed';

/** Says what a test does to its cluster. */
export interface ClusterTestOptions {
  /** Whether it stops servers or signs tokens, which only a cluster of the tests' own allows. @default false */
  readonly own?: boolean;
}

/** Declares a test that gets the cluster of its file. */
export type ClusterIt = (
  title: string,
  test: (cluster: Cluster) => Promise<void>,
  options?: ClusterTestOptions,
) => void;

/**
 * Declares a suite on a real API server, started once for the file.
 *
 * Without one its tests are skipped, with what to install; in CI that is a failure.
 */
export function describeOnCluster(name: string, body: (it: ClusterIt, hooks: It) => void): void {
  const missing = missingForCluster();
  if (missing && process.env['CI']) throw new Error(`${name}: ${missing}`);
  describe(name, (it) => {
    let cluster: Cluster | undefined;
    it.before(async () => {
      if (!missing) cluster = await Cluster.start();
    });
    it.after(() => cluster?.close());
    body((title, test, { own = false } = {}) => {
      const run: TestBody = () => test(cluster as Cluster);
      const foreign =
        own && givenKubeconfig() ? 'needs a cluster of its own, FLAGZ_TEST_KUBECONFIG names another' : undefined;
      const reason = missing ?? foreign;
      if (reason) it.skip(title, reason, run);
      else it(title, run);
    }, it);
  });
}
