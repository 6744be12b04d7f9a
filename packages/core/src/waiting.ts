/** The longest time that a timer counts; more would ring at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Starts a timer, for `Infinity` too. */
export function after(ms: number, ring: () => void): ReturnType<typeof setTimeout> {
  return setTimeout(ring, Math.min(ms, LONGEST_MS));
}

/** Waits; an abort ends the wait early, without an error. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Tells whether a promise has settled in time. */
export async function within(ms: number, settled: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([settled.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
