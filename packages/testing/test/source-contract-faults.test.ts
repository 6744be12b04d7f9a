import type { Source, SourceSink } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { type MemorySource, type SourceHarness, memorySource, sourceContract } from '@flagz/testing';

/** Runs the contract on a source with one fault, and gives the titles of the tests that fail. */
async function failures(spoil: (source: MemorySource) => Source): Promise<string[]> {
  const tests: [string, () => void | Promise<void>][] = [];
  sourceContract(
    (_, body) => body((title, test) => void tests.push([title, test])),
    async (values): Promise<SourceHarness> => {
      const source = memorySource(values);
      return {
        source: spoil(source),
        put: async (changes) => void source.update(changes),
        remove: async (key) => source.delete(key),
        interrupt: async () => source.disconnect(),
        restore: async () => source.reconnect(),
        close: async () => {},
      };
    },
    { withinMs: 300 },
  );
  const failed: string[] = [];
  for (const [title, test] of tests) {
    try {
      await test();
    } catch {
      failed.push(title);
    }
  }
  return failed;
}

/** Passes everything on, but through a sink that has a fault. */
function through(source: MemorySource, fault: (sink: SourceSink) => Partial<SourceSink>): Source {
  return {
    name: source.name,
    watch: (sink, signal) => source.watch({ ...sink, ...fault(sink) }, signal),
  };
}

describe('sourceContract()', (it) => {
  it('passes a source without a fault', async () => {
    assert.equal(await failures((source) => source), []);
  });

  it('finds a source that forgets deletions', async () => {
    const failed = await failures((source) =>
      through(source, (sink) => ({
        update: (changes, revision) =>
          sink.update(
            [...changes].filter(([, value]) => value !== undefined),
            revision,
          ),
      })),
    );
    assert.ok(failed.includes('falls back when a key is deleted'), failed.join());
  });

  it('finds a source that tears batches apart', async () => {
    const failed = await failures((source) =>
      through(source, (sink) => ({
        update(changes, revision) {
          const outcomes = Array.from(changes, (change) => sink.update([change], revision));
          return outcomes.at(-1) ?? sink.update([]);
        },
      })),
    );
    assert.equal(failed, ['reports keys that change together as one batch']);
  });

  it('finds a source that takes the empty text for nothing', async () => {
    const failed = await failures((source) =>
      through(source, (sink) => ({
        update: (changes, revision) =>
          sink.update(
            [...changes].filter(([, value]) => value !== ''),
            revision,
          ),
      })),
    );
    assert.equal(failed, ['takes an empty text for a value']);
  });

  it('finds a source that resumes without what it missed', async () => {
    const failed = await failures((source) => {
      let loaded = false;
      return through(source, (sink) => ({
        replace(values, revision) {
          if (loaded) return sink.update([], revision);
          loaded = true;
          return sink.replace(values, revision);
        },
      }));
    });
    assert.ok(
      failed.includes('recovers from an interruption: stale, last good values, then the difference'),
      failed.join(),
    );
  });

  it('finds a source that leaves something open', async () => {
    const timers: ReturnType<typeof setInterval>[] = [];
    const failed = await failures((source) => ({
      name: source.name,
      watch(sink, signal) {
        timers.push(setInterval(() => {}, 1_000));
        return source.watch(sink, signal);
      },
    }));
    for (const timer of timers) clearInterval(timer);
    assert.equal(failed, ['leaves nothing that keeps the process alive']);
  });

  it('finds a source that goes deaf without a word', async () => {
    const failed = await failures((source) => through(source, (sink) => ({ update: () => sink.update([]) })));
    assert.ok(failed.includes('reports each change with what it was'), failed.join());
  });
});
