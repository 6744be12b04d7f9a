import { SourceError } from '@flagz/core';
import { GRPCOutOfRangeError, GRPCResourceExhastedError, type IRangeResponse, type IResponseHeader } from 'etcd3';
import type { Connection } from './connection.ts';
import { type Entry, type KeyRange, type Mirror, type Picture, entryOf, firstEntryOf, nameOf } from './mirror.ts';

/** How long the first answer of a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** How long one page may take, in milliseconds. */
export const PAGE_TIMEOUT_MS = 10_000;
/** How large a page should be: large enough to be quick, small enough to be answered soon. */
export const PAGE_BYTES = 2_000_000;
const FIRST_LIMIT = 500;
const LARGEST_LIMIT = 10_000;
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
  for await (const page of pagesOf(connection, range, signal)) {
    header ??= page.header;
    for (const kv of page.kvs) {
      const name = nameOf(range, kv.key);
      mirror.set(name, known ? entryOf(kv, known.get(name)) : firstEntryOf(kv));
    }
  }
  const { revision, cluster_id, raft_term } = header as IResponseHeader;
  return { mirror, revision: BigInt(revision), clusterId: cluster_id, term: raft_term };
}

/** Reads pages at one revision: that of the first page. */
async function* pagesOf(
  connection: Connection,
  { key, range_end }: KeyRange,
  signal: AbortSignal,
): AsyncGenerator<IRangeResponse, void, undefined> {
  // One key first: it answers soon, or the endpoint is not worth a longer wait.
  const first = await connection.range({ key, range_end, limit: 1 }, CONNECT_TIMEOUT_MS, signal);
  const { revision } = first.header;
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

/** Tells whether a revision could not be read: a proxy loses the number of the status, but not its text. */
export function isOutOfRange(error: unknown): boolean {
  return (
    error instanceof GRPCOutOfRangeError || /required revision (has been compacted|is a future)/.test(String(error))
  );
}
