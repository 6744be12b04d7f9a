import type { ChangeOrigin, FlagChange, FlagInfo, FlagSet, Rejection, WatcherStatus } from '@flagz/core';
import type { Attempt } from './attempts.ts';
import { type Filter, passes } from './filter.ts';
import type { Recent } from './recent.ts';
import type { Temporary } from './temporary.ts';

/** Is the JSON document; `schema/flagz.schema.json` describes it. The fields of go-flagz keep their names. */
export interface FlagzDocument {
  /** Name of the flag set. */
  readonly set: string;
  /** Counts the batches that changed something. */
  readonly version: number;
  /** Over all static flags, whatever the filter. */
  readonly checksum_static: string;
  /** Over all dynamic flags, whatever the filter. */
  readonly checksum_dynamic: string;
  /** Whether flags can be set here. */
  readonly writable: boolean;
  /** Sorted by name, filtered as asked for; everything else concerns the whole set. */
  readonly flags: readonly FlagDocument[];
  /** Sources at work: state, last success, last error, restarts, refused and unknown keys. */
  readonly watchers: readonly object[];
  /** Oldest first. */
  readonly history: readonly object[];
  /** Attempts to set flags over HTTP, oldest first. */
  readonly attempts: readonly object[];
}

/** Is one flag of the document. Values are texts; JSON is indented. Times are ISO 8601. */
export interface FlagDocument {
  /** Name of the flag. */
  readonly name: string;
  /** Its usage line. */
  readonly description: string;
  /** The effective value; `•••` where it is sensitive. */
  readonly current_value: string;
  /** What it is where no layer holds a value. */
  readonly default_value: string;
  /** Whether the value differs from the default. */
  readonly is_changed: boolean;
  /** Whether it can change while the program runs. */
  readonly is_dynamic: boolean;
  /** Whether its values are hidden. */
  readonly is_sensitive: boolean;
  /** Name of the flag type. */
  readonly type: string;
  /** What to use instead, where it is deprecated. */
  readonly deprecated: string | null;
  /** The layer that gives the value; `default` where none does. */
  readonly source: string;
  /** Bottom to top; the last one wins. */
  readonly layers: readonly object[];
  /** When the value that was set here ends by itself. */
  readonly expires: string | null;
  /** Whether a source holds another value of this static flag, which a restart brings. */
  readonly is_restart_needed: boolean;
  /** The last change of the effective value. */
  readonly last_change: object | null;
  /** What was refused last, also when it is over. */
  readonly last_rejection: object | null;
  /** What is refused right now, by layer, bottom to top. */
  readonly rejections: readonly object[];
}

/** Is what the handler knows beyond the flag set. */
export interface Shown {
  readonly flags: FlagSet;
  readonly recent: Recent;
  readonly temporary: Temporary;
  readonly attempts: readonly Attempt[];
  readonly writable: boolean;
}

/** Writes the document. */
export function flagzDocument({ flags, recent, temporary, attempts, writable }: Shown, filter: Filter): FlagzDocument {
  const infos = Array.from(flags, (flag) => flag.info()).filter((info) => passes(filter, info));
  return {
    set: flags.name,
    version: flags.version,
    checksum_static: flags.checksum('static'),
    checksum_dynamic: flags.checksum('dynamic'),
    writable,
    flags: infos.map((info) => flagDocument(info, recent.rejection(info.name), temporary.endOf(info.name))),
    watchers: flags.watchers.map(({ status }) => watcherDocument(status)),
    history: flags.history().map(changeDocument),
    attempts: attempts.map(attemptDocument),
  };
}

function flagDocument(info: FlagInfo, lastRejection: Rejection | undefined, expires: number | undefined): FlagDocument {
  return {
    name: info.name,
    description: info.usage,
    current_value: pretty(info, info.value),
    default_value: pretty(info, info.defaultValue),
    is_changed: info.changed,
    is_dynamic: info.dynamic,
    is_sensitive: info.sensitive,
    type: info.type,
    deprecated: info.deprecated ?? null,
    source: info.source,
    layers: info.layers.map(({ source, value, revision, time }) => ({
      source,
      value: pretty(info, value),
      revision: revision ?? null,
      time: iso(time),
    })),
    expires: isoOrNull(expires),
    is_restart_needed: info.restartNeeded,
    last_change: info.lastChange ? changeDocument(info.lastChange) : null,
    last_rejection: lastRejection ? rejectionDocument(lastRejection) : null,
    rejections: info.rejections.map(rejectionDocument),
  };
}

function watcherDocument(status: WatcherStatus): object {
  return {
    source: status.source,
    state: status.state,
    last_success: isoOrNull(status.lastSuccess),
    last_error: status.lastError?.message ?? null,
    restarts: status.restarts,
    revision: status.revision ?? null,
    rejected: status.rejected.map(rejectionDocument),
    unknown_keys: status.unknown,
  };
}

function rejectionDocument({ flag, source, revision, text, error, time, origin }: Rejection): object {
  const why = { code: error.code, reason: error.message };
  return {
    flag,
    source,
    revision: revision ?? null,
    text: text ?? null,
    ...why,
    time: iso(time),
    ...originDocument(origin),
  };
}

function changeDocument({ flag, source, revision, previous, next, version, time, origin }: FlagChange): object {
  return {
    flag,
    source,
    revision: revision ?? null,
    previous,
    next,
    version,
    time: iso(time),
    ...originDocument(origin),
  };
}

function originDocument(origin: ChangeOrigin = {}): object {
  return { actor: origin.actor ?? null, written_at: isoOrNull(origin.writtenAt) };
}

/** Writes one attempt as the document has it. */
export function attemptDocument({ time, action, flag, text, ttlMs, actor, outcome, reason }: Attempt): object {
  const asked = {
    time: iso(time),
    action,
    flag,
    text: text ?? null,
    ttl_seconds: ttlMs === undefined ? null : ttlMs / 1000,
  };
  return { ...asked, actor: actor ?? null, outcome, reason: reason ?? null };
}

/**
 * Indents JSON by two spaces; other texts, and what is hidden, stay as they are.
 *
 * So does JSON that JavaScript would write otherwise, such as large integers, `1.0` and keys that are there twice.
 */
export function pretty({ type, sensitive }: Pick<FlagInfo, 'type' | 'sensitive'>, text: string): string {
  if (sensitive || !/json|proto/i.test(type) || !/^[[{]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, undefined, 2) : text;
  } catch {
    return text;
  }
}

/** Writes a time. Clocks can be absurd: what is no date is the epoch, and nothing fails. */
export function iso(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : iso(time);
}
