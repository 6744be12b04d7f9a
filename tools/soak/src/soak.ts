import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@flagz/testing';
import { Counts, type Row } from './counts.ts';
import { type Instance, flagNames } from './instance.ts';
import type { Random } from './random.ts';
import { Script } from './script.ts';

/** Is what a soak runs on: a store, instances that follow it, and ways to break what is between them. */
export interface Stage {
  readonly instances: readonly Instance[];
  /** Kinds of writes, by weight. */
  readonly writes: Readonly<Record<string, number>>;
  /** Kinds of faults, by weight. */
  readonly faults: Readonly<Record<string, number>>;
  /** Writes; rejects unless the store has taken it. */
  write(kind: string, script: Script): Promise<void>;
  /** Breaks something, for a while. */
  break(fault: string, random: Random): Promise<void>;
  /** Ends all faults. */
  restore(): void;
  /** Reads all that the store holds; rejects where it cannot be read. */
  read(): Promise<ReadonlyMap<string, string>>;
  /** Writes every flag at once. */
  writeAll(values: ReadonlyMap<string, string>): Promise<void>;
  /** Tells whether an instance leaves a refused value of a flag where it is, in the store. */
  leaves(instance: Instance, flag: string): boolean;
  /** Further figures. */
  rows(): readonly Row[];
  /** What else went wrong. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** Configures a soak. */
export interface SoakOptions {
  readonly minutes: number;
  readonly random: Random;
  /** How long the instances may take after a storm. @default 20_000 */
  readonly convergesWithinMs?: number;
  /** @default console.log */
  readonly say?: (line: string) => void;
}

/** Is how a soak ended. */
export interface SoakResult {
  /** Values that did not arrive where they should have. */
  readonly lost: number;
  /** Why the figures prove nothing, or what else was wrong. */
  readonly problems: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * Lets a stage go through storms of writes and faults, and compares after each.
 *
 *     storm ──▶ faults end ──▶ all hold what the store holds ──▶ roll call ──▶ all hold what was called ──▶ storm
 *
 * A refused value may be in the store after a storm where each instance has left it there, and says that it refuses that
 * very text; what each flag has instead is one of its good values. Nothing is mended before that has been compared. The
 * roll call then writes every flag, as an operator would mend them, and proves that each instance still hears.
 */
export async function runSoak(stage: Stage, options: SoakOptions): Promise<SoakResult> {
  const soak = new Soak(stage, options);
  await soak.calm();
  const before = heap();
  const end = Date.now() + options.minutes * 60_000;
  while (Date.now() < end) {
    await soak.storm(end);
    await soak.calm();
  }
  return soak.result(before, heap());
}

class Soak {
  readonly #stage: Stage;
  readonly #script: Script;
  readonly #withinMs: number;
  readonly #say: (line: string) => void;
  readonly #counts = new Counts();
  readonly #problems: string[] = [];
  #lost = 0;
  #slowest = 0;

  constructor(stage: Stage, { random, convergesWithinMs = 20_000, say = console.log }: SoakOptions) {
    this.#stage = stage;
    this.#script = new Script(random);
    this.#withinMs = convergesWithinMs;
    this.#say = say;
  }

  /** Writes all the while, and breaks something now and then. */
  async storm(latest: number): Promise<void> {
    const { random } = this.#script;
    const end = Math.min(Date.now() + 3_000 + random.below(6_000), Math.max(Date.now() + 500, latest));
    const writing = (async () => {
      while (Date.now() < end) await this.#write();
    })();
    while (Date.now() < end) {
      const fault = random.choose(this.#stage.faults);
      await this.#stage.break(fault, random);
      this.#counts.add(`fault: ${fault}`);
      await sleep(random.below(600));
    }
    await writing;
    this.#counts.add('storms');
  }

  /** Only what the store has taken counts as written. */
  async #write(): Promise<void> {
    const kind = this.#script.random.choose(this.#stage.writes);
    try {
      await this.#stage.write(kind, this.#script);
      this.#counts.add(`write: ${kind}`);
    } catch {
      // The server is down, or does not answer.
      this.#counts.add('write that failed');
      await sleep(20);
    }
  }

  async calm(): Promise<void> {
    this.#stage.restore();
    let held: ReadonlyMap<string, string> = new Map();
    await this.#compare('after the storm', async () => (held = await this.#stage.read()), this.#withinMs);
    const left = [...held.values()].filter((text) => this.#script.isBad(text)).length;
    if (left > 0) this.#counts.add('refused values left in the store, mended by the operator', left);
    await this.#callRoll();
  }

  /** Writes every flag: what comes back is compared with what was written, not with what the store says. */
  async #callRoll(): Promise<void> {
    const called = new Map(flagNames.map((flag) => [flag, this.#script.good(flag)]));
    try {
      await eventually(() => this.#stage.writeAll(called), { withinMs: this.#withinMs, everyMs: 100 });
    } catch (error) {
      this.#fail(`the roll could not be called: ${(error as Error).message}`);
      return;
    }
    await this.#compare('at the roll call', async () => called, this.#withinMs);
    this.#counts.add('roll calls');
    for (const { trouble } of this.#stage.instances) if (trouble) this.#fail(trouble);
  }

  /** Waits until nothing differs; what differs in the end is lost. */
  async #compare(when: string, read: () => Promise<ReadonlyMap<string, string>>, withinMs: number): Promise<void> {
    const start = Date.now();
    let differences: readonly string[] | undefined;
    const agree = async (): Promise<boolean> => {
      const texts = await read();
      differences = this.#differences(texts);
      return differences.length === 0;
    };
    const failure = await eventually(agree, { withinMs, everyMs: 100 }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    this.#slowest = Math.max(this.#slowest, Date.now() - start);
    if (differences === undefined) this.#fail(`nothing could be compared ${when}: ${failure?.message}`);
    if (!failure) return;
    this.#lost += differences?.length ?? 0;
    for (const line of differences ?? []) this.#say(`LOST ${when}: ${line}`);
  }

  #differences(texts: ReadonlyMap<string, string>): readonly string[] {
    return this.#stage.instances.flatMap((instance) =>
      flagNames
        .filter((flag) => !this.#isRight(instance, flag, texts.get(flag)))
        .map(
          (flag) => `${instance.flags.name}, ${flag}: ${texts.get(flag) ?? 'nothing'} there, ${shown(instance, flag)}`,
        ),
    );
  }

  #isRight(instance: Instance, flag: string, text: string | undefined): boolean {
    if (!this.#script.isBad(text)) return instance.holds(flag, text);
    return (
      this.#stage.leaves(instance, flag) &&
      instance.refusal(flag) === text &&
      this.#script.wasGood(flag, instance.text(flag))
    );
  }

  result(before: number, after: number): SoakResult {
    const { instances } = this.#stage;
    const refused = instances.reduce((sum, instance) => sum + instance.refused, 0);
    const counts = this.#counts;
    if (counts.of('storms') === 0) this.#fail('there was no storm');
    if (counts.of('roll calls') <= 1) this.#fail('no roll was called after a storm');
    if (counts.of('write: good') === 0) this.#fail('nothing good was written in the storms');
    if (counts.sum('fault: ') === 0) this.#fail('nothing was broken');
    if (counts.of('write: bad') > 0 && refused === 0) this.#fail('bad values were written, and nobody refused one');
    for (const { flags, told } of instances) if (told === 0) this.#fail(`${flags.name} was never told of a change`);
    if (instances.length === 0) this.#fail('there was no instance');
    for (const problem of this.#stage.problems()) this.#fail(problem);
    const rows: Row[] = [
      ...counts.rows(),
      ['values refused', refused],
      ...this.#stage.rows(),
      ['changes told', instances.reduce((sum, { told }) => sum + told, 0)],
      ['restarts of the sources', instances.reduce((sum, { restarts }) => sum + restarts, 0)],
      ['slowest convergence', `${this.#slowest} ms`],
      ['memory at start', `${(before / 1e6).toFixed(1)} MB`],
      ['memory at end', `${(after / 1e6).toFixed(1)} MB`],
      ['problems', this.#problems.length],
      ['lost', this.#lost],
    ];
    return { lost: this.#lost, problems: this.#problems, rows };
  }

  #fail(problem: string): void {
    this.#problems.push(problem);
    this.#say(`PROBLEM ${problem}`);
  }
}

function shown(instance: Instance, flag: string): string {
  const refusal = instance.refusal(flag);
  return `${instance.text(flag)} here${refusal === undefined ? '' : `, "${refusal}" refused`}`;
}

function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
