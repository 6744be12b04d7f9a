import { collectFlagz } from '@flagz/prometheus';
import { Gauge, Registry } from 'prom-client';
import { FlagSet, int } from '@flagz/core';
import { type Contender, inTurn, showStanding, standingOf } from './in-turn.ts';
import type { Subject } from './subject.ts';

const FLAGS = 10_000;
const UNCHANGED = 'Flagz, nothing changed since';
const GOAL_MS = 5;

/** Compares scrapes of a large flag set: while nothing changes, its size must not matter. */
export const scrape: Subject = {
  name: 'scrape',
  title: `scrape: Prometheus asks a service with ${FLAGS.toLocaleString('en')} flags`,
  async measure(effort) {
    const set = new FlagSet('bench');
    const flags = Array.from({ length: Math.ceil(FLAGS * effort) }, (_, index) =>
      set.dynamic(`flag_${index}`, int, index, 'A flag.'),
    );
    const register = new Registry();
    const stop = collectFlagz(set, { register });
    let value = 0;
    const standings = await inTurn(
      [
        empty(),
        asked(UNCHANGED, register, () => {}),
        asked('Flagz, one flag changed since', register, () => flags[0]!.set(--value)),
      ],
      Math.ceil(100 * effort),
    );
    stop();
    const measured = standingOf(standings, UNCHANGED).time / 1e6;
    return {
      table: { head: ['one scrape', 'time', 'ratio'], rows: standings.map(showStanding) },
      goals: [{ what: 'a scrape while nothing changes', limit: GOAL_MS, measured, unit: ' ms' }],
    };
  },
};

/** Does what a scrape costs anyway: as many metrics, of one series each. */
function empty(): Contender {
  const register = new Registry();
  for (let index = 0; index < 11; index++) {
    const gauge = new Gauge({ name: `metric_${index}`, help: 'A metric.', registers: [] });
    register.registerMetric(gauge);
    gauge.set(index);
  }
  return asked('baseline: 11 gauges of prom-client', register, () => {});
}

function asked(name: string, register: Registry, prepare: () => void): Contender {
  return {
    name,
    async run() {
      prepare();
      const start = performance.now();
      const text = await register.metrics();
      const elapsed = performance.now() - start;
      if (text.length < 100) throw new Error('scrape: the answer lacks metrics');
      return elapsed * 1e6;
    },
  };
}
