import type { Source } from '@flagz/core';
import { type MemorySource, memorySource } from '@flagz/testing';
import { Instance } from '../src/instance.ts';
import type { Script } from '../src/script.ts';
import type { Stage } from '../src/soak.ts';

/** Is a store in memory, which loses nothing, and the places where a test makes it fail. */
export class MemoryStage implements Stage {
  readonly instances: Instance[] = [];
  writes: Stage['writes'] = { good: 10, bad: 1 };
  faults: Stage['faults'] = { disconnection: 1 };
  readonly sources: MemorySource[] = [];
  readonly held = new Map<string, string>();
  /** Whether instances say that they leave refused values where they are. */
  leaving = true;

  /** Starts two instances; `wrap` stands between the second one's source and its watcher. */
  static async start(wrap: (source: Source) => Source = (source) => source): Promise<MemoryStage> {
    const stage = new MemoryStage();
    for (let index = 0; index < 2; index++) {
      const source = memorySource();
      stage.sources.push(source);
      const instance = new Instance(`instance ${index}`);
      stage.instances.push(await instance.follow(index === 1 ? wrap(source) : source, { backoff: { maxMs: 10 } }));
    }
    return stage;
  }

  async write(kind: string, script: Script): Promise<void> {
    const flag = script.flag();
    // Not as fast as the processor: so many writes are no better than some.
    await new Promise((resolve) => setTimeout(resolve, 2));
    await this.writeAll(new Map([[flag, kind === 'bad' ? script.bad() : script.good(flag)]]));
  }

  async writeAll(values: ReadonlyMap<string, string>): Promise<void> {
    for (const [flag, text] of values) this.held.set(flag, text);
    for (const source of this.sources) source.update(Object.fromEntries(values));
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    return this.held;
  }

  async break(): Promise<void> {
    for (const source of this.sources) source.disconnect();
    this.restore();
  }

  restore(): void {
    for (const source of this.sources) source.reconnect();
  }

  leaves(): boolean {
    return this.leaving;
  }

  rows(): readonly [] {
    return [];
  }

  problems(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
  }
}
