import { FlagSet, type Source, type SourceSink, type Watcher, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import fc from 'fast-check';

/** Does what it is told, one attempt after the other, and remembers what it has said that should count. */
class PuppetSource implements Source {
  readonly name = 'puppet';
  readonly values = new Map<string, string>();
  sink: SourceSink | undefined;
  lose: ((error: Error) => void) | undefined;
  running = 0;
  most = 0;

  async watch(sink: SourceSink, signal: AbortSignal): Promise<void> {
    this.most = Math.max(this.most, ++this.running);
    this.sink = sink;
    try {
      sink.replace(this.values);
      await new Promise<void>((resolve, reject) => {
        this.lose = reject;
        signal.addEventListener('abort', () => resolve());
      });
    } finally {
      this.running--;
      this.lose = undefined;
    }
  }

  /** Changes the origin, and tells it where an attempt follows. */
  change(key: string, value: string | undefined, whole: boolean): void {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
    if (!this.lose) return;
    if (whole) this.sink?.replace(this.values);
    else this.sink?.update([[key, value]]);
  }
}

const command = fc.oneof(
  fc.record({
    do: fc.constant('change' as const),
    key: fc.constantFrom('a', 'b'),
    value: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    whole: fc.boolean(),
  }),
  fc.record({
    do: fc.constantFrom('lose' as const, 'alive' as const, 'late' as const, 'turn' as const),
    clear: fc.constant(false),
  }),
  fc.record({ do: fc.constant('stop' as const), clear: fc.boolean() }),
);

describe('random interleavings of start, throw, replace, update, stop', (it) => {
  it('never run two attempts, lose no value, and hear nothing after stop', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
        const flags = new FlagSet('s');
        const a = flags.dynamic('a', int, -1, '');
        const b = flags.dynamic('b', int, -1, '');
        const source = new PuppetSource();
        const start = flags.watch(source, { required: false, backoff: { minMs: 1, maxMs: 1 } });
        const old: SourceSink[] = [];
        let stopped: readonly [number, number] | undefined;
        const watcher: Watcher = await start;
        for (const one of commands) {
          if (source.sink && old.at(-1) !== source.sink) old.push(source.sink);
          if (one.do === 'change' && 'key' in one) source.change(one.key, one.value?.toString(), one.whole);
          else if (one.do === 'lose') source.lose?.(new Error('lost'));
          else if (one.do === 'alive') source.sink?.alive();
          else if (one.do === 'late') old.slice(0, -1).forEach((sink) => sink.replace([['a', '77']]));
          else if (one.do === 'stop') {
            await watcher.stop({ clear: one.clear });
            stopped = [a.get(), b.get()];
          } else await new Promise((resolve) => setImmediate(resolve));
          if (stopped && one.do !== 'stop') assert.equal([a.get(), b.get()], stopped);
        }
        const held = (key: string): number => Number(source.values.get(key) ?? -1);
        if (!stopped)
          await eventually(() => a.get() === held('a') && b.get() === held('b') && watcher.state === 'live');
        assert.ok(source.most <= 1);
        await watcher.stop();
        assert.is(watcher.state, 'stopped');
        assert.is(source.running, 0);
      }),
      { numRuns: 300 },
    );
  });
});
