import { type Contender, inTurn, showStanding } from './in-turn.ts';
import { type Rig, makeRig } from './rig.ts';
import type { Subject } from './subject.ts';

const KEYS = 10_000;

/** Compares a load of many keys, of which none, one or all have changed, with what it takes at least. */
export const replace: Subject = {
  name: 'replace',
  title: `replace: a source says all ${KEYS.toLocaleString('en')} keys that it holds`,
  async measure(effort) {
    const rig = await makeRig(Math.ceil(KEYS * effort));
    try {
      const standings = await inTurn(
        [naive(rig), ...(['nothing', 'one key', 'every key'] as const).map((what) => contender(rig, what))],
        Math.ceil(25 * effort),
      );
      return {
        table: { head: ['one replace', 'time', 'ratio'], rows: standings.map(showStanding) },
        goals: [],
      };
    } finally {
      await rig.stop();
    }
  },
};

/** Does what any solution has to do, and nothing else: no check, no comparison, nobody told. */
function naive({ names }: Rig): Contender {
  let values = new Map<string, number>();
  return {
    name: 'naive: a new Map of name and Number(text)',
    run() {
      const texts = entries(names, 0);
      const start = performance.now();
      values = new Map(texts.map(([name, text]) => [name, Number(text)]));
      const elapsed = performance.now() - start;
      if (values.size !== names.length) throw new Error('replace: the Map lacks keys');
      return elapsed * 1e6;
    },
  };
}

function contender({ names, sink, notified }: Rig, what: 'nothing' | 'one key' | 'every key'): Contender {
  const changes = { nothing: 0, 'one key': 1, 'every key': names.length }[what];
  let shift = 0;
  return {
    name: `Flagz, ${what} changed`,
    run() {
      // The others left other values: this load is not measured.
      sink.replace(entries(names, shift));
      const texts = entries(names, shift);
      if (what === 'one key') texts[7] = [names[7]!, String(-++shift)];
      if (what === 'every key') {
        shift++;
        for (const [index, name] of names.entries()) texts[index] = [name, String(index + shift)];
      }
      const expected = notified() + changes;
      const start = performance.now();
      sink.replace(texts);
      const elapsed = performance.now() - start;
      if (notified() !== expected) throw new Error('replace: not every change reached its notifier');
      return elapsed * 1e6;
    },
  };
}

/** Makes new texts each time, as a source that reads does. */
function entries(names: readonly string[], shift: number): [string, string][] {
  return names.map((name, index) => [name, String(index + shift)]);
}
