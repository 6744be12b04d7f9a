import type { FlagEvent } from '@flagz/core';
import type { Attempt } from '@flagz/debug-http';
import { LOG_LEVELS, flags, logLevel } from './flags.ts';

/** Says why where the kind of event says it all. */
const REASONS: Readonly<Partial<Record<FlagEvent['kind'], string>>> = {
  unknown: 'no flag has this name',
  'restart-needed': 'a static flag changes with a restart only',
};

/** Is one request that was answered. */
export interface AnsweredRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** Prints one line of JSON per event of the flag set, and one per request that log_level asks for. */
export class EventsLog {
  readonly #print: (line: string) => void;
  /** What happens before the service listens is printed once it does: whoever started it reads that line first. */
  #held: string[] | undefined = [];

  /** @param print gets lines without their ends. */
  constructor(print: (line: string) => void) {
    this.#print = print;
    flags.subscribe((event) => this.#write(describeEvent(event)));
  }

  /** Says that the service is ready, then everything that was held back. */
  listening(url: string): void {
    this.#print(JSON.stringify({ event: 'listening', url }));
    for (const line of this.#held ?? []) this.#print(line);
    this.#held = undefined;
  }

  /** Says what was answered, if log_level asks for it. */
  request(answered: AnsweredRequest): void {
    const level = answered.status === 500 ? 'error' : answered.status >= 400 ? 'warn' : 'debug';
    const enough = LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logLevel.get());
    if (enough) this.#write({ event: 'request', ...answered });
  }

  /** Says that a request failed for a fault of the service. */
  failure(path: string, error: unknown): void {
    this.#write({ event: 'failure', path, reason: error instanceof Error ? error.message : String(error) });
  }

  /** Says who tried to set a flag at /debug/flagz, and what came of it. */
  attempt({ action, flag, text, actor, outcome, reason }: Attempt): void {
    this.#write({ event: 'attempt', action, flag, text, actor, outcome, reason });
  }

  #write(fields: object): void {
    const line = JSON.stringify({ ...fields, time: new Date().toISOString() });
    if (this.#held) this.#held.push(line);
    else this.#print(line);
  }
}

/** Gives what is printed of an event; core has redacted what is sensitive. */
export function describeEvent(event: FlagEvent): object {
  const { kind, ...fields } = event;
  const reason = 'error' in event ? event.error?.message : REASONS[kind];
  // The reason quotes the text already.
  return { event: kind, ...fields, text: undefined, error: undefined, ...(reason !== undefined && { reason }) };
}
