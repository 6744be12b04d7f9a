import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type HostileInput, LENGTH, hostileInputs } from './hostile-inputs.ts';
import { type HostileReader, hostileReaders } from './hostile-readers.ts';
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
  /** In nanoseconds; the median of several. */
  readonly time: number;
  /** The longest of them. */
  readonly worst: number;
}

/**
 * Reads 10 kB of anything with every parser, and writes it where it is taken.
 *
 * What counts is the first reading of a fresh process, and the slowest input: that is what a value meets that arrives right
 * after the start, while no code is compiled. What is slow then is guessed from what is slow later; inputs that are made for
 * a parser, where that is no guide, are all tried.
 */
export const hostile: Subject = {
  name: 'hostile',
  title: `hostile: ${LENGTH.toLocaleString('en')} characters of anything are read or refused`,
  async measure(effort) {
    const rounds = Math.ceil(ROUNDS * effort);
    const all = hostileInputs();
    const inputs = all.slice(0, Math.ceil(all.length * effort));
    const rows: { name: string; warm: Reading; first: Reading }[] = [];
    for (const [index, reader] of (await hostileReaders()).entries()) {
      const readable = inputs.filter(({ raw }) => reader.readsBytes || typeof raw === 'string');
      const warm = await warmReadings(reader, readable, all, rounds);
      const tried = warm.filter(
        ({ input: { madeFor } }, place) =>
          place < Math.ceil(SLOWEST * effort) || (madeFor !== undefined && madeFor === reader.takes),
      );
      const first = await firstReadings(index, tried, Math.ceil(PROCESSES * effort));
      rows.push({ name: reader.name, warm: warm[0]!, first: first[0]! });
    }
    const ours = rows.filter(({ name }) => !name.startsWith('yargs'));
    const slowest = (time: 'time' | 'worst'): number => Math.max(...ours.map(({ first }) => first[time])) / 1e6;
    return {
      table: {
        head: ['parser', 'slowest first reading', 'time', 'at worst', 'slowest later', 'time'],
        rows: rows.map(({ name, warm, first }) => [
          name,
          first.input.name,
          showTime(first.time),
          showTime(first.worst),
          warm.input.name,
          showTime(warm.time),
        ]),
      },
      goals: [
        {
          what: 'slowest first reading, but for what yargs takes by itself',
          limit: 50,
          unit: ' ms',
          measured: slowest('time'),
        },
        { what: 'the same, at worst', limit: 50, unit: ' ms', measured: slowest('worst') },
      ],
    };
  },
};

/** Reads everything in this process, some rounds. @returns the medians, slowest first */
async function warmReadings(
  { read }: HostileReader,
  inputs: readonly HostileInput[],
  all: readonly HostileInput[],
  rounds: number,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const input of inputs) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timeOf(() => read(input.raw)));
    readings.push({ index: all.indexOf(input), input, time: median(times), worst: Math.max(...times) });
  }
  return readings.toSorted((left, right) => right.time - left.time);
}

/** Reads each in fresh processes, whose first reading it is. @returns slowest first */
async function firstReadings(
  reader: number,
  readings: readonly Reading[],
  processes: number,
): Promise<readonly Reading[]> {
  const first: Reading[] = [];
  for (const { index, input } of readings) {
    const times: number[] = [];
    for (let count = 0; count < processes; count++) {
      const { stdout } = await run(process.execPath, [...process.execArgv, readOnce, String(reader), String(index)]);
      times.push(Number(stdout));
    }
    first.push({ index, input, time: median(times), worst: Math.max(...times) });
  }
  return first.toSorted((left, right) => right.time - left.time);
}
