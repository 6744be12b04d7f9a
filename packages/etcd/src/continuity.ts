import type { Connection } from './connection.ts';
import { CONNECT_TIMEOUT_MS, PAGE_TIMEOUT_MS, isOutOfRange } from './load-prefix.ts';
import { type KeyRange, type Mirror, type Picture, nameOf } from './mirror.ts';

/** How many of the newest keys are compared. */
const MOST_NEWEST = 100;
/** How many bytes they may have together: enough to tell, and few enough to be there soon. */
const MOST_BYTES = 2_000_000;
/** The raft term of a cluster after its first election. */
const FIRST_TERM = 2;

/** Says whether a cluster goes on from a picture: certainly, most likely, or not as far as is known. */
export type Continuity = 'certain' | 'likely' | 'unknown';

/**
 * Finds out whether a cluster still has the history that a picture is of, so that a watch may go on after it.
 *
 * The number of keys at the picture's revision is compared, and a hundred of those that were written last, or 2 MB of them,
 * with their values. Where these are all, it is certain. Where they are not, it is likely, if the cluster has had no
 * election since, and more than the one that a new cluster begins with. It is no more than that: data that were wiped and
 * written anew can have the same revisions, and a cluster the same id and as many elections. So whoever goes on from what
 * is likely has to read everything soon; and before, where it is unknown.
 */
export async function continuityOf(
  connection: Connection,
  range: KeyRange,
  { mirror, revision, clusterId, term }: Picture,
  signal: AbortSignal,
): Promise<Continuity> {
  const { key, range_end } = range;
  const then = { key, range_end, revision: String(revision) };
  try {
    // No key first: it answers soon, or the endpoint is not worth a longer wait.
    const { header, count } = await connection.range({ ...then, count_only: true }, CONNECT_TIMEOUT_MS, signal);
    if (header.cluster_id !== clusterId || Number(count) !== mirror.size) return 'unknown';
    const limit = newestLimit(mirror);
    const isAll = limit >= mirror.size;
    if (!isAll && (header.raft_term !== term || Number(term) <= FIRST_TERM)) return 'unknown';
    const newest = { ...then, limit, sort_target: 'Mod', sort_order: 'Descend' } as const;
    // Where they cannot be had in one piece, a load may do.
    const page = await connection.range(newest, PAGE_TIMEOUT_MS, signal).catch(() => undefined);
    const isSame = page?.kvs.every((kv) => {
      const known = mirror.get(nameOf(range, kv.key));
      return known?.isSameAs(kv);
    });
    if (!isSame) return 'unknown';
    return isAll ? 'certain' : 'likely';
  } catch (error) {
    // Compacted, or not there yet.
    if (isOutOfRange(error)) return 'unknown';
    throw error;
  }
}

/** Counts the newest keys that are compared: at least one. */
function newestLimit(mirror: Mirror): number {
  const revisions = BigUint64Array.from(mirror.values(), ({ modRevision }) => modRevision).sort();
  const oldest = revisions.at(-MOST_NEWEST) ?? 0n;
  const newest = Array.from(mirror, ([name, value]) => ({
    modRevision: value.modRevision,
    bytes: name.length + value.length,
  })).filter(({ modRevision }) => modRevision >= oldest);
  // Of one revision the largest first: nobody knows which of them the server gives.
  newest.sort((one, other) =>
    one.modRevision === other.modRevision ? other.bytes - one.bytes : one.modRevision < other.modRevision ? 1 : -1,
  );
  let left = MOST_BYTES;
  const tooMany = newest.slice(0, MOST_NEWEST).findIndex(({ bytes }) => (left -= bytes) < 0);
  return Math.max(1, tooMany < 0 ? MOST_NEWEST : tooMany);
}
