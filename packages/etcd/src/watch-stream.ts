import { SourceError } from '@flagz/core';
import type { IEvent, IResponseHeader, IWatchResponse } from 'etcd3';
import { NO_HEADER, type WatchCall } from './connection.ts';
import type { KeyRange } from './mirror.ts';

/** How often the server is asked for a sign of life, in milliseconds. */
const ASK_EVERY_MS = 4_000;
/** How long it may be silent, in milliseconds. */
const SILENT_MS = 12_000;
/** How long it may take to accept a watch, in milliseconds. */
const CREATE_TIMEOUT_MS = 3_000;

/** Is told what a watch stream brings, synchronously. */
export interface WatchListener {
  /** The server has accepted the watch. */
  created(): void;
  /** The server has said something. */
  heard(header: IResponseHeader): void;
  /** Everything that happened in one revision; revisions come in order, each once. */
  changed(revision: bigint, events: readonly IEvent[]): void;
  /** The server is there, although nothing changed. */
  alive(): void;
  /** Asks in another way than by the watch, and gives whether everything has been delivered. */
  check(): Promise<boolean>;
  /** The stream is over; told once, and nothing is told afterwards. */
  ended(reason: 'compacted' | Error): void;
}

/**
 * Follows one prefix from one revision on, over etcd's raw watch stream.
 *
 *     write create ──▶ created ──▶ events of r, r+1, …      ──▶ ended
 *          │               ▲         │ cut into fragments: kept until the last one is there
 *          └── 3 s ────────┴── 12 s ─┴─────────────────────▶ ended (silent)
 *
 * The server is asked for signs of life. Where it gives none (the gRPC proxy of etcd knows no such question), a read tells
 * whether it is there and nothing was missed; where something was, the events have the rest of the 12 s to come.
 *
 * What `client.watch()` of etcd3 does instead loses updates: it goes on after the revision that the server had, not after
 * the last event that was delivered.
 */
export class WatchStream {
  readonly #call: WatchCall;
  readonly #listener: WatchListener;
  #fragments: IEvent[] = [];
  #delivered: bigint;
  #created = false;
  #open = true;
  #heardAt: number = Date.now();
  /** Whether nothing has come since the last question. */
  #unanswered = false;
  /** Whether it has to be asked by reads. */
  #answersNothing = false;
  /** What the last check found, where it found something. */
  #found: string | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #createTimer: ReturnType<typeof setTimeout>;

  /** @param after the revision that was delivered last. */
  constructor(call: WatchCall, { key, range_end }: KeyRange, after: bigint, listener: WatchListener) {
    this.#call = call;
    this.#listener = listener;
    this.#delivered = after;
    // An error without a listener would end the process, also the one that our own cancel() brings.
    call.on('error', (error) => this.#end(error));
    call.on('end', () => this.#end(new SourceError('the server has ended the watch')));
    call.on('data', (response) => this.#take(response));
    const start_revision = String(after + 1n);
    call.write({ create_request: { key, range_end, start_revision, progress_notify: true, fragment: true } });
    this.#timer = setInterval(() => this.#ask(), ASK_EVERY_MS);
    this.#createTimer = setTimeout(() => this.#checkCreated(), CREATE_TIMEOUT_MS);
  }

  /** Ends the stream without a word. */
  /** For how long it has heard nothing, in milliseconds. */
  get silentMs(): number {
    return Date.now() - this.#heardAt;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#timer);
    clearTimeout(this.#createTimer);
    // Ended first: etcd3 takes the cancellation of a stream that could still write for a failure, and drops the connection.
    this.#call.end();
    this.#call.cancel();
  }

  #take(response: IWatchResponse): void {
    if (!this.#open) return;
    this.#heardAt = Date.now();
    this.#unanswered = false;
    this.#found = undefined;
    if (response.canceled) return this.#end(reasonOf(response));
    if (!(response.header as IResponseHeader | null)) return this.#end(new SourceError(NO_HEADER));
    this.#listener.heard(response.header);
    if (response.created) {
      this.#created = true;
      this.#listener.created();
    }
    if (response.events.length === 0) return this.#listener.alive();
    // One revision may be cut: until the last part is there, none of it counts.
    this.#fragments.push(...response.events);
    if (response.fragment) return;
    const events = this.#fragments;
    this.#fragments = [];
    for (const [revision, together] of byRevision(events)) {
      if (revision <= this.#delivered) continue;
      this.#delivered = revision;
      this.#listener.changed(revision, together);
      // Whoever was told may have closed the stream.
      if (!this.#open) return;
    }
  }

  /** Asks for a progress response. Its revision is not used: older servers send it before events that it covers (etcd#15220). */
  #ask(): void {
    const silent = Date.now() - this.#heardAt;
    const found = this.#found ? `, and ${this.#found}` : '';
    if (silent >= SILENT_MS) return this.#end(new SourceError(`nothing heard for ${silent} ms${found}`));
    if (this.#unanswered && this.#created) void this.#check();
    this.#unanswered = true;
    // Each would be an error in the proxy's log.
    if (!this.#answersNothing) this.#call.write({ progress_request: {} });
  }

  /** Looks for another sign of life. Never rejects. */
  async #check(): Promise<void> {
    const heardAt = this.#heardAt;
    try {
      const complete = await this.#listener.check();
      // A watch that has spoken meanwhile needs no other sign.
      if (!this.#open || this.#heardAt !== heardAt) return;
      this.#found = complete ? undefined : 'the keys are others than it has told';
      if (!complete) return;
      this.#answersNothing = true;
      this.#heardAt = Date.now();
      this.#listener.alive();
    } catch (error) {
      this.#found = error instanceof Error ? error.message : String(error);
    }
  }

  #checkCreated(): void {
    if (!this.#created) this.#end(new SourceError(`the watch was not accepted within ${CREATE_TIMEOUT_MS} ms`));
  }

  #end(reason: 'compacted' | Error): void {
    if (!this.#open) return;
    this.close();
    this.#listener.ended(reason);
  }
}

function reasonOf({ compact_revision, cancel_reason }: IWatchResponse): 'compacted' | Error {
  if (compact_revision !== '0') return 'compacted';
  return new SourceError(cancel_reason || 'the server has cancelled the watch');
}

/** Groups events that came in order. */
function byRevision(events: readonly IEvent[]): Map<bigint, IEvent[]> {
  const groups = new Map<bigint, IEvent[]>();
  for (const event of events) {
    const revision = BigInt(event.kv.mod_revision);
    const group = groups.get(revision);
    if (group) group.push(event);
    else groups.set(revision, [event]);
  }
  return groups;
}
