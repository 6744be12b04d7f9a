import { type DynamicFlag, FlagSet, type Source, type SourceSink, int } from '@flagz/core';

/** Is a flag set that a source holds all values of, and the sink to steer it with. */
export interface Rig {
  readonly names: readonly string[];
  readonly flags: readonly DynamicFlag<number>[];
  readonly sink: SourceSink;
  /** Counts the calls of the notifiers: each flag has one. */
  readonly notified: () => number;
  stop(): Promise<void>;
}

/** Makes a rig of integers whose values are their positions. */
export async function makeRig(size: number): Promise<Rig> {
  let notified = 0;
  const set = new FlagSet('bench');
  const names = Array.from({ length: size }, (_, index) => `flag_${index}`);
  const flags = names.map((name) => set.dynamic(name, int, -1, 'A flag.').withNotifier(() => void notified++));
  let sink: SourceSink | undefined;
  const source: Source = {
    name: 'bench',
    async watch(ours, signal) {
      sink = ours;
      ours.replace(names.map((name, index) => [name, String(index)]));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const watcher = await set.watch(source);
  return { names, flags, sink: sink!, notified: () => notified, stop: () => watcher.stop() };
}
