export { etcdBinaries, type EtcdBinary } from './binaries.mjs';
export { EtcdServer, type EtcdServerOptions, startCluster } from './etcd-server.ts';
export { TcpProxy } from './tcp-proxy.ts';
export { freePort } from './free-port.ts';
