// A test file whose test makes a namespace and never ends.
import { describe } from '@flagz/test-runner';
import { Cluster, Namespace } from '@flagz/testbed';

describe('a namespace', (it) => {
  it('is there', async () => {
    const cluster = await Cluster.start();
    await new Namespace(cluster.api).create();
    await new Promise(() => setInterval(() => {}, 1_000));
  });
});
