// Run by pod.test.ts, where the files of a service account lie: follows a ConfigMap until it says 30, and says what it sees.
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';

const [namespace = ''] = process.argv.slice(2);
const flags = new FlagSet('in-pod');
const followed = new Promise<void>((resolve) => {
  flags.dynamic('rate', int, 10, 'A rate.').withNotifier((next) => {
    console.log(next);
    if (next === 30) resolve();
  });
});
const watcher = await flags.watch(configMapApiSource({ namespace, name: 'flags' }), { startTimeoutMs: 30_000 });
await followed;
await watcher.stop();
