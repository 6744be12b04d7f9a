/** Is an etcd server of this machine. */
export interface EtcdBinary {
  readonly path: string;
  /** Such as `3.7.3`. */
  readonly version: string;
}

/** Finds the etcd servers of this machine, oldest first, each version once. @throws {Error} when there is none. */
export function etcdBinaries(): EtcdBinary[];
