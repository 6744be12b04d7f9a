import { type It, describe } from '@flagz/test-runner';
import { type EtcdBinary, findEtcds, missingEtcds } from './binaries.mjs';

/** Is one version of etcd that tests run on. */
export interface EtcdUnderTest {
  /** Not to be started where the version is missing: then no test of its suites runs. */
  readonly binary: EtcdBinary;
  /** Declares a suite on this version: named after it, counted by it, and skipped where it is missing. */
  readonly describe: (title: string, body: (it: It) => void) => void;
}

/**
 * Lists every etcd of this machine, and those that the tests want and the machine lacks.
 *
 * @throws {Error} in CI when one is missing: there nothing may be skipped.
 */
export function eachEtcd(): readonly EtcdUnderTest[] {
  const found = findEtcds();
  const missing = missingEtcds(found);
  if (missing.length > 0 && process.env['CI']) throw new Error(missing.map(({ reason }) => reason).join('\n'));
  return [
    ...found.map((binary) => underTest(binary)),
    ...missing.map(({ version, reason }) => underTest({ path: '', version }, reason)),
  ];
}

function underTest(binary: EtcdBinary, missing?: string): EtcdUnderTest {
  return { binary, describe: (title, body) => describe(title, body, { on: `etcd ${binary.version}`, missing }) };
}
