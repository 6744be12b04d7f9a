import { median } from './statistics.ts';
import { showRatio, showTime } from './table.ts';

/** Is one of several ways that are compared. */
export interface Contender {
  readonly name: string;
  /** Measures once. @returns nanoseconds */
  run(): number | Promise<number>;
}

/** Is how a contender did. */
export interface Standing {
  readonly name: string;
  /** The median over the rounds, in nanoseconds. */
  readonly time: number;
  /** The median of its ratios to the baseline of the same round. */
  readonly ratio: number;
}

/**
 * Measures contenders in turn, round after round; the first one is the baseline of the others.
 *
 * A machine that others use is slower now and quicker then. Within one round it is about the same for all, so what
 * counts is the ratio within a round.
 */
export async function inTurn(contenders: readonly Contender[], rounds: number): Promise<readonly Standing[]> {
  const times = contenders.map((): number[] => []);
  // The first round is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const time = await contender.run();
      if (round > 0) times[index]!.push(time);
    }
  }
  return contenders.map(({ name }, index) => ({
    name,
    time: median(times[index]!),
    ratio: median(times[index]!.map((time, round) => time / times[0]![round]!)),
  }));
}

/** Finds a standing by its contender's name. */
export function standingOf(standings: readonly Standing[], name: string): Standing {
  const found = standings.find((standing) => standing.name === name);
  if (!found) throw new Error(`no contender ${JSON.stringify(name)}`);
  return found;
}

/** Shows name, time and ratio. */
export function showStanding({ name, time, ratio }: Standing): string[] {
  return [name, showTime(time), showRatio(ratio)];
}
