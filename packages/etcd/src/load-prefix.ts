import { SourceError } from '@flagz/core';
import { GRPCOutOfRangeError, GRPCResourceExhastedError, type IRangeResponse, type IResponseHeader } from 'etcd3';
import type { Connection } from './connection.ts';
import { type Entry, type KeyRange, type Mirror, type Picture, entryOf, firstEntryOf, nameOf } from './mirror.ts';

/** How long the first answer of a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 3_000;
/** How long one page may take, in milliseconds. */
const PAGE_TIMEOUT_MS = 10_000;
/** How large a page should be: large enough to be quick, small enough to be answered soon. */
const PAGE_BYTES = 2_000_000;
const FIRST_LIMIT = 500;
const LARGEST_LIMIT = 10_000;
/** How many of the newest keys are compared. */
const MOST_NEWEST = 100;
/** The raft term of a cluster after its first election. */
const FIRST_TERM = 2;
/** How often a load may be overtaken by compaction. */
const TRIES = 5;

/**
 * Reads everything under a prefix, in pages at one revision.
 *
 * @param known what was there before: entries that are the same are kept, as the very objects.
 */
export async function loadPrefix(
  connection: Connection,
  range: KeyRange,
  known: Mirror | undefined,
  signal: AbortSignal,
): Promise<Picture> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadPages(connection, range, known, signal);
    } catch (error) {
      if (!isOutOfRange(error)) throw error;
      if (attempt < TRIES) continue;
      throw new SourceError(`compacted ${TRIES} times while it was being read; compact less often`, { cause: error });
    }
  }
}

async function loadPages(
  connection: Connection,
  range: KeyRange,
  known: Mirror | undefined,
  signal: AbortSignal,
): Promise<Picture> {
  const mirror = new Map<string, Entry>();
  let header: IResponseHeader | undefined;
  for await (const page of pagesOf(connection, range, undefined, signal)) {
    header ??= page.header;
    for (const kv of page.kvs) {
      const name = nameOf(range, kv.key);
      mirror.set(name, known ? entryOf(kv, known.get(name)) : firstEntryOf(kv));
    }
  }
  const { revision, cluster_id, raft_term } = header as IResponseHeader;
  return { mirror, revision: BigInt(revision), clusterId: cluster_id, term: raft_term };
}

/** Reads pages at one revision: the given one, or that of the first page. */
async function* pagesOf(
  connection: Connection,
  { key, range_end }: KeyRange,
  at: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<IRangeResponse, void, undefined> {
  // One key first: it answers soon, or the endpoint is not worth a longer wait.
  const start = { key, range_end, limit: 1, ...(at !== undefined && { revision: at }) };
  const first = await connection.range(start, CONNECT_TIMEOUT_MS, signal);
  const revision = at ?? first.header.revision;
  let [keys, bytes, limit] = [0, 0, FIRST_LIMIT];
  /** Asks for what follows a page, in smaller pages where they prove too large. */
  const after = ({ kvs, more }: IRangeResponse): Promise<IRangeResponse> | undefined => {
    const last = kvs.at(-1);
    if (!more || !last) return undefined;
    const next = Buffer.concat([last.key, Buffer.from([0])]);
    const ask = (most: number): Promise<IRangeResponse> =>
      connection
        .range({ key: next, range_end, revision, limit: most }, PAGE_TIMEOUT_MS, signal)
        .catch((error: unknown) => {
          if (!(error instanceof GRPCResourceExhastedError) || most === 1) throw error;
          return ask(Math.ceil(most / 4));
        });
    const page = ask(limit);
    // Whoever reads may have enough before this one is there.
    page.catch(() => {});
    return page;
  };
  for (let page: IRangeResponse | undefined = first; page;) {
    // Asked before this page is read, so that the server works meanwhile.
    const next = after(page);
    yield page;
    for (const kv of page.kvs) bytes += kv.key.length + kv.value.length;
    keys += page.kvs.length;
    if (bytes > 0) limit = Math.max(1, Math.min(LARGEST_LIMIT, Math.floor((PAGE_BYTES * keys) / bytes)));
    page = await next;
  }
}

/**
 * Tells whether a cluster still has the history that a picture is of, so that a watch may go on after it.
 *
 * The number of keys at the picture's revision is compared, and the keys that were written last, with their values. Where
 * these are not all of them, the cluster has to have had no election since, and more than the one that a new cluster
 * begins with; else everything is read and compared. Less would not do: data that were wiped and written anew can have
 * the same revisions, and a cluster the same id.
 */
export async function isContinued(
  connection: Connection,
  range: KeyRange,
  picture: Picture,
  signal: AbortSignal,
): Promise<boolean> {
  const { mirror, clusterId, term } = picture;
  const revision = String(picture.revision);
  const same = (page: IRangeResponse): boolean =>
    page.kvs.every((kv) => {
      const known = mirror.get(nameOf(range, kv.key));
      return known !== undefined && entryOf(kv, known) === known;
    });
  try {
    const { key, range_end } = range;
    const newest = {
      key,
      range_end,
      revision,
      limit: newestLimit(mirror),
      sort_target: 'Mod',
      sort_order: 'Descend',
    } as const;
    const last = await connection.range(newest, CONNECT_TIMEOUT_MS, signal);
    const { cluster_id, raft_term } = last.header;
    if (cluster_id !== clusterId || Number(last.count) !== mirror.size || !same(last)) return false;
    if (!last.more || (raft_term === term && Number(term) > FIRST_TERM)) return true;
    for await (const page of pagesOf(connection, range, revision, signal)) if (!same(page)) return false;
    return true;
  } catch (error) {
    // Compacted, or not there yet.
    if (isOutOfRange(error)) return false;
    throw error;
  }
}

/** Bounds the newest keys that are compared: few enough for one answer of a usual size. */
function newestLimit(mirror: Mirror): number {
  let bytes = 0;
  for (const [name, { value }] of mirror) bytes += name.length + value.length;
  return Math.max(1, Math.min(MOST_NEWEST, Math.floor((PAGE_BYTES * mirror.size) / Math.max(1, bytes))));
}

/** Tells whether a revision could not be read: a proxy loses the number of the status, but not its text. */
function isOutOfRange(error: unknown): boolean {
  return (
    error instanceof GRPCOutOfRangeError || /required revision (has been compacted|is a future)/.test(String(error))
  );
}
