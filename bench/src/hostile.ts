import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FlagType } from '@flagz/core';
import { type HostileInput, LENGTH, hostileInputs, hostileTypes } from './hostile-inputs.ts';
import type { Subject } from './subject.ts';
import { median } from './statistics.ts';
import { showTime } from './table.ts';
import { timeOf } from './time-of.ts';

const run = promisify(execFile);
const readOnce = fileURLToPath(new URL('read-once.ts', import.meta.url));

const ROUNDS = 5;
/** How many of the slowest inputs are read first in fresh processes, and how often each. */
const SLOWEST = 3;
const PROCESSES = 3;

/** Is an input with its place among all, and how long it took. */
interface Reading {
  readonly index: number;
  readonly input: HostileInput;
  /** In nanoseconds. */
  readonly time: number;
}

/**
 * Reads 10 kB of anything, as every type, and writes it where it is taken.
 *
 * What counts is the first reading of a fresh process, and the slowest one of them: that is what a value meets that arrives
 * right after the start, while no code is compiled. What is slow then is guessed from what is slow later; messages, where
 * that is no guide, are all tried.
 */
export const hostile: Subject = {
  name: 'hostile',
  title: `hostile: ${LENGTH.toLocaleString('en')} characters of anything are read or refused`,
  async measure(effort) {
    const rounds = Math.ceil(ROUNDS * effort);
    const all = hostileInputs();
    const inputs = all.slice(0, Math.ceil(all.length * effort));
    const rows: { name: string; warm: Reading; first: Reading }[] = [];
    for (const [index, type] of hostileTypes().entries()) {
      const readsBytes = 'parseBytes' in type;
      const warm = warmReadings(type, inputs, rounds).filter(
        ({ input }) => readsBytes || typeof input.raw === 'string',
      );
      const tried = warm.filter(({ input }, place) => place < SLOWEST || (input.isMessage && readsBytes));
      const first = await firstReadings(index, tried, Math.ceil(PROCESSES * effort));
      rows.push({ name: type.name, warm: warm[0]!, first: first[0]! });
    }
    return {
      table: {
        head: ['flag type', 'slowest first reading', 'time', 'slowest later', 'time'],
        rows: rows.map(({ name, warm, first }) => [
          name,
          first.input.name,
          showTime(first.time),
          warm.input.name,
          showTime(warm.time),
        ]),
      },
      goals: [
        {
          what: 'slowest first reading of all',
          limit: 50,
          measured: Math.max(...rows.map(({ first }) => first.time)) / 1e6,
          unit: ' ms',
        },
      ],
    };
  },
};

/** Reads everything in this process, some rounds. @returns the medians, slowest first */
function warmReadings(type: FlagType<unknown>, inputs: readonly HostileInput[], rounds: number): readonly Reading[] {
  const readings = inputs.map((input, index) => ({
    index,
    input,
    time: median(Array.from({ length: rounds }, () => timeOf(type, input.raw))),
  }));
  return readings.toSorted((left, right) => right.time - left.time);
}

/** Reads each in fresh processes, whose first reading it is. @returns the slowest of each, slowest first */
async function firstReadings(
  type: number,
  readings: readonly Reading[],
  processes: number,
): Promise<readonly Reading[]> {
  const first: Reading[] = [];
  for (const { index, input } of readings) {
    let time = 0;
    for (let count = 0; count < processes; count++) {
      const { stdout } = await run(process.execPath, [...process.execArgv, readOnce, String(type), String(index)]);
      time = Math.max(time, Number(stdout));
    }
    first.push({ index, input, time });
  }
  return first.toSorted((left, right) => right.time - left.time);
}
