import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** Says on what, with what and when it was measured. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    new Date().toISOString().slice(0, 10),
    `Node ${process.version} (V8 ${process.versions.v8})`,
    `${process.platform} ${process.arch}`,
    `${model}, ${availableParallelism()} cores, ${memory} GiB`,
    `load ${loadavg()[0]!.toFixed(1)} at the start`,
  ].join(' · ');
}
