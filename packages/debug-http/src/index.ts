export { type FlagzHandler, flagzHandler } from './node-handler.ts';
export { flagzFetchHandler } from './fetch-handler.ts';
export type { FlagzOptions, Writable } from './options.ts';
export type { Attempt, AttemptAction, AttemptOutcome } from './attempts.ts';
export type { FlagDocument, FlagzDocument } from './document.ts';
