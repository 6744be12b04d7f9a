import { EtcdLeaseInvalidError, type IRequestOp } from 'etcd3';
import type { Connection } from './connection.ts';
import { leaseOf } from './stored-value.ts';

const TIMEOUT_MS = 5_000;

/** Says what to put back, and where the key has to be for that. */
export interface Reversion {
  /** The revision that was refused; 0 where the key is gone. */
  readonly modRevision: bigint;
  /** What was accepted last; nothing to delete the key. */
  readonly value: Uint8Array | undefined;
}

/**
 * Puts a value back where the key has not changed since a revision, or deletes the key: one transaction.
 *
 * @returns what became of it; a value whose lease is over is deleted.
 */
export async function revert(
  connection: Connection,
  key: Buffer,
  { modRevision, value }: Reversion,
  signal: AbortSignal,
): Promise<'reverted' | 'deleted' | 'lost-race'> {
  const compare = [{ key, target: 'Mod' as const, result: 'Equal' as const, mod_revision: String(modRevision) }];
  const commit = async <T>(request: IRequestOp, outcome: T): Promise<T | 'lost-race'> => {
    const held = await connection.txn({ compare, success: [request], failure: [] }, TIMEOUT_MS, signal);
    return held ? outcome : 'lost-race';
  };
  const remove = { request_delete_range: { key } };
  if (value === undefined) return commit(remove, 'deleted');
  try {
    return await commit({ request_put: { key, value: Buffer.from(value), lease: leaseOf(value) } }, 'reverted');
  } catch (error) {
    // The accepted value would have expired by now: without the refused one, the key would be gone.
    if (error instanceof EtcdLeaseInvalidError) return commit(remove, 'deleted');
    throw error;
  }
}
