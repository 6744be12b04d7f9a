import { type DynamicFlag, FlagSet, type Watcher, int, string } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { type Answer, Double, openWatch } from './double.ts';

/** Is a flag set that follows a double. */
export interface Stage {
  readonly double: Double;
  readonly rate: DynamicFlag<number>;
  readonly label: DynamicFlag<string>;
  /** What the notifier of `rate` was told. */
  readonly told: string[];
  readonly errors: string[];
  readonly watcher: Watcher;
}

/** Answers a watch with these bytes, and ends it or leaves it open. */
export function watchOf(bytes: string | Buffer, { end = false } = {}): Answer {
  return (response) => {
    openWatch(response);
    response.write(bytes);
    if (end) response.end();
  };
}

/** Runs a test on a double that has `rate` at 20. */
export function on(
  prepare: (double: Double) => Promise<void>,
  test: (stage: Stage) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const double = await Double.start();
    const flags = new FlagSet('shop');
    const errors: string[] = [];
    try {
      double.data = { rate: '20' };
      const told: string[] = [];
      const rate = flags
        .dynamic('rate', int, 10, 'A rate.')
        .withNotifier((next, previous) => void told.push(`${previous}>${next}`));
      const label = flags.dynamic('label', string, 'none', 'A text.');
      flags.subscribe((event) => {
        if (event.kind === 'watcher' && event.error) errors.push(event.error.message);
      });
      await prepare(double);
      const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: double.kubeConfig() });
      const watcher = await flags.watch(source, { backoff: { maxMs: 200 } });
      await test({ double, rate, label, told, errors, watcher });
    } finally {
      for (const watcher of flags.watchers) await watcher.stop();
      await double.close();
    }
  };
}
