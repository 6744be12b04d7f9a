/** Is how long each step may take, in milliseconds. */
export interface Timing {
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly silenceTimeoutMs: number;
}

const LONGEST_MS = 3_600_000;

/** Fills in the defaults. @throws {RangeError} when a time is out of its range. */
export function checkTiming(options: Partial<Timing>): Timing {
  return {
    connectTimeoutMs: check('connectTimeoutMs', options.connectTimeoutMs ?? 3_000, 1),
    requestTimeoutMs: check('requestTimeoutMs', options.requestTimeoutMs ?? 10_000, 1),
    // A watch is asked for in whole seconds, and has to end before the silence counts.
    silenceTimeoutMs: check('silenceTimeoutMs', options.silenceTimeoutMs ?? 30_000, 2_000),
  };
}

/** Gives how long the next watch is to last, in seconds: jittered, so that a fleet does not reconnect in step. */
export function watchSeconds({ silenceTimeoutMs }: Timing): number {
  const share = 0.55 + 0.2 * Math.random();
  return Math.max(1, Math.floor((share * silenceTimeoutMs) / 1000));
}

function check(option: string, value: number, least: number): number {
  if (value >= least && value <= LONGEST_MS) return value;
  throw new RangeError(`configMapApiSource: ${option}: expected ${least} to ${LONGEST_MS} milliseconds, got ${value}`);
}
