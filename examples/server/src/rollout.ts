import { createHash } from 'node:crypto';

/**
 * Places a user in a rollout, always in the same place: who is in at 10 percent stays in at 50.
 *
 * The name of the rollout is part of the hash, or the same users would be first in every rollout.
 *
 * @returns a number from 0 to 100, 100 excluded: nobody is below 0 percent, and everybody below 100.
 */
export function placeInRollout(rollout: string, user: string): number {
  const hash = createHash('sha256').update(`${rollout}\0${user}`).digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * 100;
}
