import { type It, type TestBody, describe } from '@flagz/test-runner';
import { Cluster, type ClusterNeeds, whyNoCluster } from '@flagz/testbed';

/** Declares a test that gets the cluster of its file. */
export type ClusterIt = (title: string, test: (cluster: Cluster) => Promise<void>, needs?: ClusterNeeds) => void;

/**
 * Declares a suite on a real API server, started once for the file.
 *
 * Without one its tests are skipped, with what to install; in CI that is a failure.
 */
export function describeOnCluster(name: string, body: (it: ClusterIt, hooks: It) => void): void {
  const missing = whyNoCluster();
  describe(name, (it) => {
    let cluster: Cluster | undefined;
    it.before(async () => {
      if (!missing) cluster = await Cluster.start();
    });
    it.after(() => cluster?.close());
    body((title, test, needs = {}) => {
      const run: TestBody = () => {
        const running = cluster as Cluster;
        running.lendOwnParts(needs);
        return test(running);
      };
      const reason = whyNoCluster(needs);
      if (reason) it.skip(title, reason, run);
      else it(title, run);
    }, it);
  });
}
