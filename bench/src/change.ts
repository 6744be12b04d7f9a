import { type Contender, type Standing, inTurn, showStanding, standingOf } from './in-turn.ts';
import { type Rig, makeRig } from './rig.ts';
import type { Subject } from './subject.ts';
import { showRatio } from './table.ts';

const SIZES = [100, 1_000, 100_000];
const FEW = SIZES[0]!;
const CHANGES = 5_000;
/** Is a prime, so that these steps meet every flag. */
const STRIDE = 7_919;

type Who = 'naive' | 'Flagz';
type Which = 'the same one again and again' | 'another one each time';

const WAYS: readonly (readonly [Who, Which])[] = [
  ['naive', 'the same one again and again'],
  ['naive', 'another one each time'],
  ['Flagz', 'the same one again and again'],
  ['Flagz', 'another one each time'],
];

/** Takes one change. */
type Take = (name: string, text: string) => void;

/** Compares the cost of one change among few flags and among many, with Flagz and with the least that can do it. */
export const change: Subject = {
  name: 'change',
  title: 'One change: sink.update() of one key, up to its notifier',
  async measure(effort) {
    const sizes = effort < 1 ? SIZES.slice(0, 2) : SIZES;
    const most = sizes.at(-1)!;
    const rigs = await Promise.all(sizes.map(makeRig));
    try {
      const changes = Math.ceil(CHANGES * effort);
      const contenders = WAYS.flatMap(([who, which]) => rigs.map((rig) => contender(rig, who, which, changes)));
      const standings = await inTurn(contenders, Math.ceil(25 * effort));
      return {
        table: {
          head: ['one change', 'time', 'ratio', `against ${FEW} flags`],
          rows: WAYS.flatMap(([who, which]) =>
            sizes.map((size) => [
              ...showStanding(standingOf(standings, nameOf(who, which, size))),
              showRatio(growth(standings, who, which, size)),
            ]),
          ),
        },
        goals: WAYS.filter(([who]) => who === 'Flagz').map(([who, which]) => ({
          what: `${nameOf(who, which, most)}, against ${FEW} flags`,
          limit: 1.5,
          measured: growth(standings, who, which, most),
          unit: ' ×',
        })),
      };
    } finally {
      for (const rig of rigs) await rig.stop();
    }
  },
};

function contender(rig: Rig, who: Who, which: Which, changes: number): Contender {
  const { names } = rig;
  const { take, notified } = who === 'Flagz' ? takeWithFlagz(rig) : takeNaively(names);
  let value = names.length;
  return {
    name: nameOf(who, which, names.length),
    run() {
      const expected = notified() + changes;
      const start = performance.now();
      for (let index = 0; index < changes; index++) {
        take(names[which === 'another one each time' ? (index * STRIDE) % names.length : 7]!, String(value++));
      }
      const elapsed = performance.now() - start;
      if (notified() !== expected) throw new Error('change: a change did not reach its notifier');
      return (elapsed / changes) * 1e6;
    },
  };
}

function takeWithFlagz({ sink, notified }: Rig): { readonly take: Take; readonly notified: () => number } {
  return { take: (name, text) => void sink.update([[name, text]]), notified };
}

/** Finds, reads, compares, notifies: no layer, no validator, no history, and no batch. */
function takeNaively(names: readonly string[]): { readonly take: Take; readonly notified: () => number } {
  let notified = 0;
  const entries = new Map(names.map((name, value) => [name, { value, notify: () => void notified++ }]));
  return {
    take(name, text) {
      const entry = entries.get(name)!;
      const next = Number(text);
      if (next === entry.value) return;
      entry.value = next;
      entry.notify();
    },
    notified: () => notified,
  };
}

/** Tells how much more a change costs than among the fewest flags. */
function growth(standings: readonly Standing[], who: Who, which: Which, size: number): number {
  return standingOf(standings, nameOf(who, which, size)).ratio / standingOf(standings, nameOf(who, which, FEW)).ratio;
}

function nameOf(who: Who, which: Which, size: number): string {
  return `${who}, ${size.toLocaleString('en')} flags, ${which}`;
}
