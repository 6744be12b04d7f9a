export { etcdSource, type EtcdAuth, type EtcdSourceOptions } from './etcd-source.ts';
export type { EtcdCredentials } from './endpoint.ts';
