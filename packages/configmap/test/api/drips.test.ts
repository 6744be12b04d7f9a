// timeout: 120 s
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import { Double, openWatch } from './double.ts';

/** Follows a server whose first watch only drips, until it knows the next value; gives what was said. */
async function errorsOfDrip(drip: string): Promise<readonly string[]> {
  const double = await Double.start();
  double.data = { rate: '20' };
  double.nextWatches.push((response) => {
    openWatch(response);
    const timer = setInterval(() => response.write(drip), 500);
    response.on('close', () => clearInterval(timer));
  });
  const flags = new FlagSet('dripping');
  const rate = flags.dynamic('rate', int, 10, 'A rate.');
  const kubeConfig = double.kubeConfig();
  const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig, silenceTimeoutMs: 2_000 });
  try {
    await using watcher = await flags.watch(source);
    const errors: string[] = [];
    flags.subscribe((event) => {
      if (event.kind === 'watcher' && event.error) errors.push(event.error.message);
    });
    double.data = { rate: '30' };
    await eventually(() => rate.get() === 30 && watcher.state === 'live', { withinMs: 60_000 });
    return errors;
  } finally {
    await double.close();
  }
}

describe('configMapApiSource: a watch that never ends', (it) => {
  it('is given up 15 s after its time, although line ends or spaces keep it from being silent', async () => {
    for (const [first] of await Promise.all(['\n', ' '].map(errorsOfDrip))) {
      assert.match(first ?? '', /the watch broke off: not ended within 15 s of its time, 1 s/);
    }
  });
});
