import { FlagSet, boolean, int, string } from '@flagz/core';
import { do_not_optimize, measure } from 'mitata';
import { bytesPerCall } from './allocation.ts';
import { type Contender, inTurn, showStanding, standingOf } from './in-turn.ts';
import { convictPeer, nodeConfigPeer, openFeaturePeer } from './peers.ts';
import type { Subject } from './subject.ts';
import { showNumber } from './table.ts';

/** As many flags as a service may have: few enough for the processor's first cache, whoever holds them. */
const FLAGS = 64;
const READS = 10_000_000;
/** Enough where a read takes hundreds of nanoseconds, and allocates. */
const FEWER_READS = 200_000;
/** The clock and the meter allocate a little themselves: what a read would allocate is at least 8 bytes. */
const NOTHING = 0.01;
const BASELINE = 'field of an object';
const FLAGZ = 'Flagz: flag.get()';

/** Reads each flag once. */
interface Reader {
  readonly name: string;
  readonly read: () => unknown;
  /** How many reads tell what one allocates. */
  readonly reads: number;
}

/** Compares `get()` with a plain field read, a Map, and the peers. */
export const get: Subject = {
  name: 'get',
  title: `get(): one read, of ${FLAGS} values in turn`,
  async measure(effort) {
    const { readers, close } = await makeReaders();
    try {
      const standings = await inTurn(
        readers.map((reader) => timed(reader, effort)),
        Math.ceil(15 * effort),
      );
      const bytes = new Map<string, number>();
      for (const { name, read, reads } of readers) {
        bytes.set(name, (await bytesPerCall(read, Math.ceil((reads / FLAGS) * effort))) / FLAGS);
      }
      const flagz = standingOf(standings, FLAGZ);
      return {
        table: {
          head: ['one read', 'time', 'ratio', 'allocated'],
          rows: standings.map((standing) => [...showStanding(standing), showBytes(bytes.get(standing.name) ?? NaN)]),
        },
        goals: [
          { what: 'get() against the field read', limit: 1.1, measured: flagz.ratio, unit: ' ×' },
          { what: 'allocated by a get()', limit: NOTHING, measured: bytes.get(FLAGZ) ?? NaN, unit: ' B' },
        ],
      };
    } finally {
      await close();
    }
  },
};

function showBytes(bytes: number): string {
  return bytes <= NOTHING ? '0 B' : `${showNumber(bytes)} B`;
}

function timed({ name, read }: Reader, effort: number): Contender {
  return {
    name,
    async run() {
      const { p50 } = await measure(read, { gc: false, min_cpu_time: 50e6 * effort });
      return p50 / FLAGS;
    },
  };
}

/**
 * Makes the loops, one function each: what V8 learns of one must not count for another.
 *
 * They sum up, so that no read can be left out, and read many objects, so that none can be moved out of the loop.
 */
async function makeReaders(): Promise<{ readonly readers: readonly Reader[]; readonly close: () => Promise<void> }> {
  const names = Array.from({ length: FLAGS }, (_, index) => `flag_${index}`);
  const objects = makeObjects();
  const integers = names.map((_, index) => ({ integer: index - 1 }));
  for (const object of integers) object.integer++;
  const flags = makeFlags(names);
  const map = new Map(names.map((name, index) => [name, index]));
  const convict = convictPeer(names);
  const nodeConfig = await nodeConfigPeer(names);
  const openFeature = await openFeaturePeer(names);
  const readers: Reader[] = [
    {
      name: BASELINE,
      reads: READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += objects[index]!.value as number;
        do_not_optimize(sum);
      },
    },
    {
      name: 'field that only ever held small integers',
      reads: READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += integers[index]!.integer;
        do_not_optimize(sum);
      },
    },
    {
      name: FLAGZ,
      reads: READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += flags[index]!.get();
        do_not_optimize(sum);
      },
    },
    {
      name: 'Map lookup',
      reads: READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += map.get(names[index]!)!;
        do_not_optimize(sum);
      },
    },
    {
      name: 'convict: config.get(name)',
      reads: FEWER_READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += convict.get(names[index]!);
        do_not_optimize(sum);
      },
    },
    {
      name: 'node-config: config.get(name)',
      reads: FEWER_READS,
      read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += nodeConfig.get(names[index]!);
        do_not_optimize(sum);
      },
    },
    {
      name: 'OpenFeature, in memory: await client.getNumberValue(name)',
      reads: FEWER_READS,
      async read() {
        let sum = 0;
        for (let index = 0; index < FLAGS; index++) sum += await openFeature.get(names[index]!);
        do_not_optimize(sum);
      },
    },
  ];
  return { readers, close: async () => openFeature.close?.() };
}

/** Makes objects whose field may hold anything, as a flag's does: V8 reads a field of small integers in fewer steps. */
function makeObjects(): readonly { value: unknown }[] {
  const make = (value: unknown): { value: unknown } => ({ value });
  for (const other of ['text', true, {}]) make(other);
  const objects = Array.from({ length: FLAGS }, () => make(-1));
  // A field that has never changed would be read as a constant.
  for (const [index, object] of objects.entries()) object.value = index;
  return objects;
}

function makeFlags(names: readonly string[]): readonly { get(): number }[] {
  const set = new FlagSet('bench');
  set.static('a_static_flag', string, 'text', 'Makes get() meet a second class.').get();
  set.dynamic('a_boolean_flag', boolean, true, 'Makes get() meet a second kind of value.').get();
  const flags = names.map((name, index) => set.dynamic(name, int, index - 1, 'A flag.'));
  for (const [index, flag] of flags.entries()) flag.set(index);
  return flags;
}
