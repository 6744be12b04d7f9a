import { type Contender, inTurn, showStanding, standingOf } from './in-turn.ts';
import { type Rig, makeRig } from './rig.ts';
import type { Subject } from './subject.ts';

const SIZES = [100, 1_000, 100_000];
const CHANGES = 5_000;
/** Is a prime, so that these steps meet every flag. */
const STRIDE = 7_919;

/** Compares the cost of one change among few flags and among many. */
export const change: Subject = {
  name: 'change',
  title: 'One change: sink.update() of one key, up to its notifier',
  async measure(effort) {
    const sizes = effort < 1 ? SIZES.slice(0, 2) : SIZES;
    const rigs = await Promise.all(sizes.map(makeRig));
    try {
      const changes = Math.ceil(CHANGES * effort);
      const standings = await inTurn(
        rigs.flatMap((rig) => [contender(rig, 'one', changes), contender(rig, 'another', changes)]),
        Math.ceil(25 * effort),
      );
      const last = sizes.at(-1)!;
      return {
        table: { head: ['one change', 'time', 'ratio'], rows: standings.map(showStanding) },
        goals: (['one', 'another'] as const).map((which) => ({
          what: `${nameOf(last, which)}, against ${sizes[0]} flags`,
          limit: 1.5,
          measured:
            standingOf(standings, nameOf(last, which)).ratio / standingOf(standings, nameOf(sizes[0]!, which)).ratio,
          unit: ' ×',
        })),
      };
    } finally {
      for (const rig of rigs) await rig.stop();
    }
  },
};

/** Changes one flag again and again, or another one each time. */
function contender(rig: Rig, which: 'one' | 'another', changes: number): Contender {
  const { names, sink, notified } = rig;
  let value = names.length;
  return {
    name: nameOf(names.length, which),
    run() {
      const expected = notified() + changes;
      const start = performance.now();
      for (let index = 0; index < changes; index++) {
        const name = names[which === 'one' ? 7 : (index * STRIDE) % names.length]!;
        sink.update([[name, String(value++)]]);
      }
      const elapsed = performance.now() - start;
      if (notified() !== expected) throw new Error('change: a change did not reach its notifier');
      return (elapsed / changes) * 1e6;
    },
  };
}

function nameOf(size: number, which: 'one' | 'another'): string {
  return `${size.toLocaleString('en')} flags, ${which === 'one' ? 'always the same one' : 'another one each time'}`;
}
