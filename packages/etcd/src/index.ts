export { etcdSource, type EtcdSourceOptions } from './etcd-source.ts';
export type { EtcdAuth, EtcdCredentials } from './connection.ts';
