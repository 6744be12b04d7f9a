/**
 * Measures how long a reading takes.
 *
 * What the clock says contains the waits for a processor that others use; what the process used of processors contains its
 * helper threads. The time of the reading is at most the lesser of the two.
 *
 * @param read throws where it refuses, which is as good.
 * @returns nanoseconds
 */
export async function timeOf(read: () => unknown): Promise<number> {
  const used = process.cpuUsage();
  const start = performance.now();
  try {
    const reading = read();
    // To wait for what is there already would count a turn of the loop.
    if (reading instanceof Promise) await reading;
  } catch {
    // A refusal.
  }
  const elapsed = (performance.now() - start) * 1e6;
  const { user, system } = process.cpuUsage(used);
  return Math.min(elapsed, (user + system) * 1e3);
}
