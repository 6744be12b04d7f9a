import { SourceError } from '@flagz/core';
import { GRPCOutOfRangeError, GRPCResourceExhastedError, type IRangeResponse } from 'etcd3';
import type { Connection } from './connection.ts';
import { type Entry, type KeyRange, type Mirror, entryOf, nameOf } from './mirror.ts';

/** How long the first answer of a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** How long one page may take, in milliseconds. */
const PAGE_TIMEOUT_MS = 10_000;
/** How large a page should be: large enough to be quick, small enough for the 4 MiB that a client of the user's may take. */
const PAGE_BYTES = 2_000_000;
const FIRST_LIMIT = 500;
const LARGEST_LIMIT = 10_000;
/** How often a load may be overtaken by compaction. */
const TRIES = 5;

/** Is everything under a prefix at one revision of one cluster. */
export interface Picture {
  readonly mirror: Mirror;
  readonly revision: bigint;
  readonly clusterId: string;
}

/**
 * Reads everything under a prefix, in pages at one revision.
 *
 * @param known what was there before: entries that are the same are kept, as the very objects.
 */
export async function loadPrefix(
  connection: Connection,
  range: KeyRange,
  known: Mirror,
  signal: AbortSignal,
): Promise<Picture> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadPages(connection, range, known, signal);
    } catch (error) {
      if (!(error instanceof GRPCOutOfRangeError)) throw error;
      if (attempt < TRIES) continue;
      throw new SourceError(`compacted ${TRIES} times while it was being read; compact less often`, { cause: error });
    }
  }
}

async function loadPages(
  connection: Connection,
  range: KeyRange,
  known: Mirror,
  signal: AbortSignal,
  at?: string,
): Promise<Picture> {
  const mirror = new Map<string, Entry>();
  let bytes = 0;
  let limit = FIRST_LIMIT;
  const keep = ({ kvs }: IRangeResponse): void => {
    for (const kv of kvs) {
      const name = nameOf(range, kv.key);
      mirror.set(name, entryOf(kv, known.get(name)));
      bytes += kv.key.length + kv.value.length;
    }
    if (bytes > 0) limit = Math.max(1, Math.min(LARGEST_LIMIT, Math.floor((PAGE_BYTES * mirror.size) / bytes)));
  };
  // One key first: it answers soon, or the endpoint is not worth a longer wait.
  const start = { ...bounds(range), limit: 1, ...(at !== undefined && { revision: at }) };
  const first = await connection.range(start, CONNECT_TIMEOUT_MS, signal);
  const { cluster_id } = first.header;
  const revision = at ?? first.header.revision;
  /** Asks for what follows a page, in smaller pages where they prove too large. */
  const after = ({ kvs, more }: IRangeResponse): Promise<IRangeResponse> | undefined => {
    const last = kvs.at(-1);
    if (!more || !last) return undefined;
    const key = Buffer.concat([last.key, Buffer.from([0])]);
    const ask = (most: number): Promise<IRangeResponse> =>
      connection
        .range({ key, range_end: range.range_end, revision, limit: most }, PAGE_TIMEOUT_MS, signal)
        .catch((error: unknown) => {
          if (!(error instanceof GRPCResourceExhastedError) || most === 1) throw error;
          return ask(Math.ceil(most / 4));
        });
    return ask(limit);
  };
  for (let page: IRangeResponse | undefined = first; page;) {
    // Asked before this page is kept, so that the server works meanwhile.
    const next = after(page);
    keep(page);
    page = await next;
  }
  return { mirror, revision: BigInt(revision), clusterId: cluster_id };
}

/**
 * Tells whether a cluster still has the history that a picture is of, so that a watch may go on after it.
 *
 * Everything is read at the picture's revision, and has to be the same, values too. Less would not do: data that were
 * wiped and written anew can have the same revisions, and a cluster of one member the same id.
 */
export async function isContinued(
  connection: Connection,
  range: KeyRange,
  { mirror, revision, clusterId }: Picture,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await loadPages(connection, range, mirror, signal, String(revision));
    if (found.clusterId !== clusterId || found.mirror.size !== mirror.size) return false;
    for (const [name, entry] of found.mirror) if (mirror.get(name) !== entry) return false;
    return true;
  } catch (error) {
    // Compacted, or not there yet.
    if (error instanceof GRPCOutOfRangeError) return false;
    throw error;
  }
}

function bounds({ key, range_end }: KeyRange): { readonly key: Buffer; readonly range_end: Buffer } {
  return { key, range_end };
}
