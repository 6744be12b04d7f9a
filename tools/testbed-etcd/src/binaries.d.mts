/** Is an etcd server of this machine. */
export interface EtcdBinary {
  readonly path: string;
  /** Such as `3.7.3`. */
  readonly version: string;
}

/** Is a version that the tests want and this machine lacks. */
export interface MissingEtcd {
  /** Such as `3.7`. */
  readonly version: string;
  /** What to do about it. */
  readonly reason: string;
}

/** Finds the etcd servers of this machine, oldest first, each version once. */
export function findEtcds(): EtcdBinary[];

/** Finds the etcd servers of this machine, oldest first, each version once. @throws {Error} when there is none. */
export function etcdBinaries(): EtcdBinary[];

/** Lists the versions that the tests want and this machine lacks. */
export function missingEtcds(found?: readonly EtcdBinary[]): MissingEtcd[];
