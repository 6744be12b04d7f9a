import type { FlagType } from '@flagz/core';

/**
 * Measures how long a type takes to read a raw value, bytes only where it reads bytes, and to write it where it is taken.
 *
 * What the clock says contains the waits for a processor that others use; what the process used of processors contains its
 * helper threads. The time of the reading is at most the lesser of the two.
 *
 * @returns nanoseconds
 */
export function timeOf(type: FlagType<unknown>, raw: string | Uint8Array): number {
  const used = process.cpuUsage();
  const start = performance.now();
  try {
    type.format(typeof raw === 'string' ? type.parse(raw) : type.parseBytes!(raw));
  } catch {
    // A refusal is as good.
  }
  const elapsed = (performance.now() - start) * 1e6;
  const { user, system } = process.cpuUsage(used);
  return Math.min(elapsed, (user + system) * 1e3);
}
