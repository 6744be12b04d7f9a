import { SourceError } from '@flagz/core';
import { GRPCOutOfRangeError, GRPCResourceExhastedError, type IRangeResponse, type IResponseHeader } from 'etcd3';
import type { Connection } from './connection.ts';
import { isUnanswered } from './describe-error.ts';
import { type KeyRange, type Mirror, type Picture, nameOf } from './mirror.ts';
import type { PageSize } from './page-size.ts';
import { Page, StoredValue } from './stored-value.ts';

/** How long the first answer of a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** How long one page may take, in milliseconds. */
export const PAGE_TIMEOUT_MS = 10_000;
/** How often a load may be overtaken by compaction. */
const TRIES = 5;

/**
 * Reads everything under a prefix, in pages at one revision.
 *
 * @param pageSize what earlier loads have learned of it.
 * @param known what was there before: values that are the same are kept, as the very objects.
 */
export async function loadPrefix(
  connection: Connection,
  range: KeyRange,
  known: Mirror | undefined,
  pageSize: PageSize,
  signal: AbortSignal,
): Promise<Picture> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadPages(connection, range, known, pageSize, signal);
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
  pageSize: PageSize,
  signal: AbortSignal,
): Promise<Picture> {
  const mirror = new Map<string, StoredValue>();
  let header: IResponseHeader | undefined;
  for await (const page of pagesOf(connection, range, pageSize, signal)) {
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
  pageSize: PageSize,
  signal: AbortSignal,
): AsyncGenerator<IRangeResponse, void, undefined> {
  // One key first: it answers soon, or the endpoint is not worth a longer wait.
  const begun = performance.now();
  const first = await connection.range({ key, range_end, limit: 1 }, CONNECT_TIMEOUT_MS, signal);
  pageSize.begin(performance.now() - begun);
  const { revision } = first.header;
  /** Asks for what follows a page, in smaller pages where they prove too large. */
  const after = ({ kvs, more }: IRangeResponse): Promise<IRangeResponse> | undefined => {
    const last = kvs.at(-1);
    if (!more || !last) return undefined;
    const next = Buffer.concat([last.key, Buffer.from([0])]);
    const ask = (keys: number): Promise<IRangeResponse> =>
      connection
        .range({ key: next, range_end, revision, limit: keys }, PAGE_TIMEOUT_MS, signal)
        .catch((error: unknown) => {
          if (isUnanswered(error)) pageSize.late();
          if (!(error instanceof GRPCResourceExhastedError) || keys === 1) throw error;
          return ask(pageSize.refused(keys));
        });
    const page = ask(pageSize.keys);
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
    if (page) pageSize.came(page, performance.now() - since);
  }
  pageSize.done();
}

/** Tells whether a revision could not be read: a proxy loses the number of the status, but not its text. */
export function isOutOfRange(error: unknown): boolean {
  return (
    error instanceof GRPCOutOfRangeError || /required revision (has been compacted|is a future)/.test(String(error))
  );
}
