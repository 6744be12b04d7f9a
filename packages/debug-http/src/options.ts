import type { Attempt } from './attempts.ts';

/** Configures a handler. */
export interface FlagzOptions<Request> {
  /** Lets callers set dynamic flags in the `process` layer. @default off: the page only shows */
  readonly writable?: Writable<Request>;
  /** Ends live streams, and resets values with a time to live, when it aborts: abort it when the server closes. */
  readonly signal?: AbortSignal;
}

/** Says who may set flags. */
export interface Writable<Request> {
  /**
   * Decides about one attempt and names who makes it: the name stands in the history. To give nothing, `false` or an
   * empty name is to deny; so is to throw.
   */
  authorize(request: Request, attempt: Attempt): Actor | Promise<Actor>;
  /** Is told of each attempt once it is decided, also of the denied ones: for an audit log. What it throws is dropped. */
  onAttempt?(attempt: Attempt): void;
}

/** Is the name of who asks, or no to the attempt. */
type Actor = string | false | undefined;
