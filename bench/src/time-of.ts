import type { FlagType } from '@flagz/core';

/** Measures how long a type takes to read a raw value, bytes only where it reads bytes, and to write it where it is taken. @returns nanoseconds */
export function timeOf(type: FlagType<unknown>, raw: string | Uint8Array): number {
  const start = performance.now();
  try {
    type.format(typeof raw === 'string' ? type.parse(raw) : type.parseBytes!(raw));
  } catch {
    // A refusal is as good.
  }
  return (performance.now() - start) * 1e6;
}
