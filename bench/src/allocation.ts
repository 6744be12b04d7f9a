const CHUNKS = 20;

/**
 * Tells how many bytes of heap a call takes.
 *
 * Runs in chunks, and leaves out those in which the heap shrank: a collection ran.
 */
export async function bytesPerCall(call: () => unknown, calls: number): Promise<number> {
  const perChunk = Math.ceil(calls / CHUNKS);
  let bytes = 0;
  let counted = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const grown = await growthOf(call, perChunk);
    if (grown < 0) continue;
    bytes += grown;
    counted += perChunk;
  }
  return counted === 0 ? NaN : bytes / counted;
}

async function growthOf(call: () => unknown, calls: number): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < calls; index++) {
    const answer = call();
    if (answer instanceof Promise) await answer;
  }
  return process.memoryUsage().heapUsed - before;
}
