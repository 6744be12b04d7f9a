import { type FlagChange, FlagSet, inRange, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { type MemorySource, memorySource } from '@flagz/testing';
import fc from 'fast-check';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const SOURCES = ['lowest', 'middle', 'highest'] as const;

type Key = (typeof NAMES)[number] | 'stranger';
type Texts = Readonly<Partial<Record<Key, string | undefined>>>;

/** Does it all the naive way: every value is worked out anew from all layers after every batch. */
class Model {
  readonly layers: Map<string, string>[] = SOURCES.map(() => new Map());
  readonly log: string[] = [];
  readonly history: string[] = [];
  version = 0;

  static valid(text: string): boolean {
    return /^-?\d+$/.test(text) && Number(text) >= 0 && Number(text) <= 99;
  }

  value(name: string): number {
    for (const layer of this.layers.toReversed()) {
      const text = layer.get(name);
      if (text !== undefined) return Number(text);
    }
    return 0;
  }

  apply(index: number, texts: Texts, replace: boolean): void {
    const layer = this.layers[index] as Map<string, string>;
    const wanted = new Map(layer);
    for (const name of NAMES) {
      const text = texts[name];
      if (text === undefined ? name in texts || replace : Model.valid(text)) {
        if (text === undefined) wanted.delete(name);
        else wanted.set(name, text);
      }
    }
    this.settle(index, wanted);
  }

  /** Keeps a not above b, refusing the changes of both. */
  settle(index: number, wanted: Map<string, string>): void {
    const before = new Map(NAMES.map((name) => [name, this.value(name)]));
    const kept = this.layers[index] as Map<string, string>;
    this.layers[index] = wanted;
    if (this.value('a') > this.value('b') + 50) {
      for (const name of ['a', 'b'] as const) {
        if (this.layers.slice(index + 1).some((layer) => layer.has(name))) continue;
        const text = kept.get(name);
        if (text === undefined) wanted.delete(name);
        else wanted.set(name, text);
      }
    }
    const same =
      wanted.size === kept.size &&
      [...wanted].every(([name, text]) => Number(kept.get(name)) === Number(text) && kept.has(name));
    if (!same) this.version++;
    for (const name of NAMES) {
      if (this.value(name) === before.get(name)) continue;
      this.log.push(`${name} ${before.get(name)}>${this.value(name)}`);
      this.history.push(`${this.version} ${SOURCES[index]} ${name} ${before.get(name)}>${this.value(name)}`);
    }
  }
}

const text = fc.oneof(
  fc.integer({ min: -5, max: 120 }).map(String),
  fc.constantFrom('rubbish', '', '07', '1.5', '99', '0'),
);
const key = fc.constantFrom<Key>(...NAMES, 'stranger');
const step = fc.record({
  source: fc.nat({ max: SOURCES.length - 1 }),
  replace: fc.boolean(),
  texts: fc.dictionary(key, fc.option(text, { nil: undefined, freq: 4 }), { maxKeys: 4 }),
});

describe('random batches over random layers', (it) => {
  it('agree with the naive model: values, notifications, version, history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { flags, sources, log } = await stage();
        const model = new Model();
        for (const { source: index, replace, texts } of steps) {
          const source = sources[index] as MemorySource;
          // A memory source removes with an update: what a replace leaves out is gone.
          const given = replace
            ? Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
            : texts;
          if (replace) source.replace(given as Record<string, string>);
          else source.update(given);
          model.apply(index, given, replace);
          assert.equal(
            Object.fromEntries(Array.from(flags, (flag) => [flag.name, flag.get()])),
            Object.fromEntries(NAMES.map((name) => [name, model.value(name)])),
          );
          assert.is(flags.version, model.version);
        }
        assert.equal(log, model.log);
        assert.equal(flags.history().map(show), model.history);
        await Promise.all(flags.watchers.map((watcher) => watcher.stop()));
      }),
      { numRuns: 400 },
    );
  });
});

function show({ version, source, flag, previous, next }: FlagChange): string {
  return `${version} ${source} ${flag} ${previous}>${next}`;
}

async function stage(): Promise<{ flags: FlagSet; sources: readonly MemorySource[]; log: readonly string[] }> {
  const flags = new FlagSet('model');
  const log: string[] = [];
  const [a, b] = NAMES.map((name) =>
    flags
      .dynamic(name, int, 0, '')
      .withValidator(inRange(0, 99))
      .withNotifier((next, previous) => void log.push(`${name} ${previous}>${next}`)),
  );
  if (a && b) flags.invariant([a, b], (x, y) => x <= y + 50 || 'a far above b');
  const sources = SOURCES.map((name) => memorySource({}, { name }));
  for (const source of sources) await flags.watch(source);
  return { flags, sources, log };
}
