/** Gives the value below which a part of the samples lies: the nearest rank. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  if (value === undefined) throw new Error('quantile: expected at least one sample');
  return value;
}

/** Gives the middle of the samples. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
