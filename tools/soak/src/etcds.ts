import { type EtcdBinary, etcdBinaries, missingEtcds } from '@flagz/testbed-etcd';

/**
 * Chooses the versions of etcd that a soak runs on: the wanted one, or all that the tests run on.
 *
 * @param wanted begins the version: `3.4`, `3.7.3`.
 * @throws {Error} when the wanted one is not there, and in CI when any is missing.
 */
export function chooseEtcds(wanted: string | undefined, say: (line: string) => void): readonly EtcdBinary[] {
  const found = etcdBinaries();
  if (wanted !== undefined) {
    const chosen = found.filter(({ version }) => version === wanted || version.startsWith(`${wanted}.`));
    if (chosen.length > 0) return chosen;
    const versions = found.map(({ version }) => version).join(', ');
    throw new Error(`--etcd: there is no etcd ${wanted} here, only ${versions}`);
  }
  const reasons = missingEtcds(found).map(({ reason }) => reason);
  if (reasons.length > 0 && process.env['CI']) throw new Error(reasons.join('\n'));
  for (const reason of reasons) say(`left out: ${reason}`);
  return found;
}
