export { etcdBinaries, findEtcds, missingEtcds, type EtcdBinary, type MissingEtcd } from './binaries.mjs';
export { eachEtcd, type EtcdUnderTest } from './each-etcd.ts';
export { EtcdServer, type EtcdServerOptions, startCluster } from './etcd-server.ts';
export { TcpProxy } from './tcp-proxy.ts';
