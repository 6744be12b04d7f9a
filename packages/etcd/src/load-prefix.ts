import { SourceError } from '@flagz/core';
import { GRPCOutOfRangeError, GRPCResourceExhastedError, type IRangeResponse, type IResponseHeader } from 'etcd3';
import type { Connection } from './connection.ts';
import { type KeyRange, type Mirror, type Picture, nameOf } from './mirror.ts';
import { Page, StoredValue } from './stored-value.ts';

/** How long the first answer of a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** How long one page may take, in milliseconds. */
export const PAGE_TIMEOUT_MS = 10_000;
/** How long a page should take, in milliseconds: as the link proves slow or quick, pages become smaller or larger. */
const PAGE_MS = 500;
const SMALLEST_PAGE_BYTES = 200_000;
/** Less than what gRPC's servers and clients in other languages take for too much, unless they are told otherwise. */
const LARGEST_PAGE_BYTES = 4_000_000;
/** What a key takes besides its name and its value, at most. */
const KEY_BYTES = 50;
const FIRST_LIMIT = 500;
const LARGEST_LIMIT = 10_000;
/** How often a load may be overtaken by compaction. */
const TRIES = 5;

/**
 * Reads everything under a prefix, in pages at one revision.
 *
 * @param known what was there before: values that are the same are kept, as the very objects.
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
  const mirror = new Map<string, StoredValue>();
  let header: IResponseHeader | undefined;
  for await (const page of pagesOf(connection, range, signal)) {
    header ??= page.header;
    // Of a first load nearly all is kept.
    const kept = known ? undefined : new Page(page);
    for (const kv of page.kvs) {
      const name = nameOf(range, kv.key);
      const before = known?.get(name);
      // By the very object a flag set recognises a value, or a refusal: it neither reads nor announces it again.
      mirror.set(name, before?.isSameAs(kv) ? before : new StoredValue(kv, kept));
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
  /** Chooses how many keys the next page has, by what a page took. */
  const adapt = (page: IRangeResponse, ms: number): void => {
    const size = page.kvs.reduce((sum, kv) => sum + kv.key.length + kv.value.length + KEY_BYTES, 0);
    [keys, bytes] = [keys + page.kvs.length, bytes + size];
    const most = Math.max(SMALLEST_PAGE_BYTES, Math.min(LARGEST_PAGE_BYTES, (size / ms) * PAGE_MS));
    if (keys > 0) limit = Math.max(1, Math.min(LARGEST_LIMIT, Math.floor((most * keys) / bytes)));
  };
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
    const since = performance.now();
    // Asked before this page is read, so that the server works meanwhile.
    const next = after(page);
    yield page;
    page = await next;
    if (page) adapt(page, performance.now() - since);
  }
}

/** Tells whether a revision could not be read: a proxy loses the number of the status, but not its text. */
export function isOutOfRange(error: unknown): boolean {
  return (
    error instanceof GRPCOutOfRangeError || /required revision (has been compacted|is a future)/.test(String(error))
  );
}
