import type { Connection } from './connection.ts';
import type { KeyRange, Picture } from './mirror.ts';

const TIMEOUT_MS = 3_000;

/**
 * Makes a question that tells whether a picture is still what the cluster holds, by one key without its value, or two
 * where anything was written to the cluster: for a watch that is silent.
 *
 * The watch may only be late: what differs once may be on its way. What is the same was so at that moment: reads are
 * linearizable, also through a proxy that answers others from its cache. A key that was written has a newer revision than
 * the picture; one that was deleted is missing from the count; one that was both is not worth a word.
 */
export function checkOf(
  connection: Connection,
  { key, range_end }: KeyRange,
  picture: Picture,
  signal: AbortSignal,
): () => Promise<boolean> {
  const one = { key, range_end, limit: 1, keys_only: true };
  /** The revision of the whole store up to which the picture was right. */
  let checked: string | undefined;
  return async () => {
    const { header } = await connection.range(one, TIMEOUT_MS, signal);
    if (header.revision === checked || BigInt(header.revision) === picture.revision) return true;
    // Younger than what was delivered: the data are others.
    if (BigInt(header.revision) < picture.revision) return false;
    const newest = { ...one, sort_target: 'Mod', sort_order: 'Descend' } as const;
    const { count, kvs, header: later } = await connection.range(newest, TIMEOUT_MS, signal);
    const [last] = kvs;
    if (Number(count) !== picture.mirror.size || BigInt(last?.mod_revision ?? 0) > picture.revision) return false;
    checked = later.revision;
    return true;
  };
}
