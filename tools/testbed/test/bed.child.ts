// Starts a cluster, says what there is to clean up, one line of JSON, and stays until somebody ends it.
import { Cluster } from '@flagz/testbed';

const { folder, server, etcd } = await Cluster.start();
// A server that is stalled cannot end itself.
etcd.process.pause();
console.log(JSON.stringify({ folder, pids: [server.pid, etcd.process.pid] }));
setInterval(() => {}, 1_000);
