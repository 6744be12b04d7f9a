/** Configures {@link eventually}. */
export interface EventuallyOptions {
  /** How long to try, in milliseconds. @default 5_000 */
  readonly withinMs?: number;
  /** How long to wait between tries, in milliseconds. @default 10 */
  readonly everyMs?: number;
}

/**
 * Tries until `check` neither throws nor answers `false`.
 *
 * @returns what `check` answered last.
 * @throws {Error} when the time is over, with the last failure as its cause.
 * @example
 * await eventually(() => flag.get() === 20, { withinMs: 1_000 });
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const { withinMs = 5_000, everyMs = 10 } = options;
  const deadline = Date.now() + withinMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await check();
      if (answer !== false) return answer as Exclude<T, false>;
      failure = new Error(`still false: ${check.toString()}`);
    } catch (thrown) {
      failure = thrown;
    }
    if (Date.now() >= deadline) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`not within ${withinMs} ms: ${reason}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
