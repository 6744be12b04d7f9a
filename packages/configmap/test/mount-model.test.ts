// timeout: 300 s
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { configMapMountSource } from '@flagz/configmap';
import { FlagSet, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import fc from 'fast-check';
import { describeOnVolumes } from './each-volume.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

const KEYS = ['a', 'b', 'c'] as const;
const DEFAULT = 'the default';

type Values = Record<string, string>;

/** Is what an operator does to a directory. */
type Step = { readonly pause: number } & (
  | { readonly kind: 'write'; readonly key: string; readonly text: string }
  | { readonly kind: 'rename'; readonly key: string; readonly text: string }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'replace'; readonly values: Values }
);

const key = fc.constantFrom(...KEYS);
const text = fc.string({ maxLength: 5, unit: fc.constantFrom('x', 'y', ' ', 'é') });
const values = fc.dictionary(key, text, { maxKeys: 3 });
const pause = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), key, text, pause }),
  fc.record({ kind: fc.constant('rename' as const), key, text, pause }),
  fc.record({ kind: fc.constant('remove' as const), key, pause }),
  fc.record({ kind: fc.constant('replace' as const), values, pause }),
);

/** Says what the directory holds after a step. */
function after(model: Values, one: Step): Values {
  if (one.kind === 'replace') return one.values;
  const { [one.key]: _gone, ...rest } = model;
  return one.kind === 'remove' ? rest : { ...rest, [one.key]: one.text };
}

/** Does a step to a plain directory. */
function doPlain(temp: TempDir, one: Step): void {
  if (one.kind === 'write') writeFileSync(temp.join('cfg', one.key), one.text);
  else if (one.kind === 'remove') rmSync(temp.join('cfg', one.key), { force: true });
  else if (one.kind === 'rename') {
    writeFileSync(temp.join('cfg', `${one.key}.tmp`), one.text);
    renameSync(temp.join('cfg', `${one.key}.tmp`), temp.join('cfg', one.key));
  } else {
    mkdirSync(temp.join('next'));
    for (const [name, value] of Object.entries(one.values)) writeFileSync(temp.join('next', name), value);
    renameSync(temp.join('cfg'), temp.join('old'));
    renameSync(temp.join('next'), temp.join('cfg'));
    rmSync(temp.join('old'), { recursive: true });
  }
}

/** Follows a directory through all steps, and compares with the model in the end. */
async function follow(
  start: Values,
  steps: readonly Step[],
  act: (temp: TempDir) => Promise<(model: Values, one?: Step) => void | Promise<void>>,
) {
  using temp = tempDir();
  const flags = new FlagSet('model');
  const all = KEYS.map((name) => flags.dynamic(name, string, DEFAULT, 'A text.'));
  mkdirSync(temp.join('cfg'));
  const play = await act(temp);
  let model = start;
  await play(model);
  const source = configMapMountSource(temp.join('cfg'), { rescanMs: 100_000_000 });
  await using watcher = await flags.watch(source, { backoff: { maxMs: 50 } });
  for (const one of steps) {
    model = after(model, one);
    await play(model, one);
    for (let turn = 0; turn < one.pause * 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => {
    assert.equal(
      all.map((flag) => flag.get()),
      KEYS.map((name) => model[name] ?? DEFAULT),
    );
    assert.is(watcher.state, 'live');
  });
}

describe('configMapMountSource() and a model', (it) => {
  it('agree after whatever is done to a plain directory', async () => {
    const property = fc.asyncProperty(values, fc.array(step, { maxLength: 12 }), (start, steps) =>
      follow(start, steps, async (temp) => (model, one) => {
        if (one) doPlain(temp, one);
        else for (const [name, value] of Object.entries(model)) writeFileSync(temp.join('cfg', name), value);
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describeOnVolumes('configMapMountSource() and a model', (it, mount) => {
  it('agree after whatever is done to a volume', async () => {
    const property = fc.asyncProperty(values, fc.array(step, { maxLength: 12 }), (start, steps) =>
      follow(start, steps, async (temp) => {
        let volume = await mount(temp.join('cfg'));
        return async (model, one) => {
          if (one?.kind !== 'replace') return volume.write(model);
          const next = await mount(temp.join('next'), model);
          renameSync(temp.join('cfg'), temp.join('old'));
          renameSync(temp.join('next'), temp.join('cfg'));
          rmSync(temp.join('old'), { recursive: true });
          next.dir = temp.join('cfg');
          volume = next;
        };
      }),
    );
    // A version of the same name, in a folder that was given the inode of the one before.
    const reused: [Values, Step[]] = [
      {},
      [
        { kind: 'replace', values: {}, pause: 0 },
        { kind: 'write', key: 'a', text: 'x', pause: 2 },
        { kind: 'replace', values: {}, pause: 0 },
        { kind: 'rename', key: 'b', text: 'y', pause: 3 },
      ],
    ];
    await fc.assert(property, { numRuns: 60, examples: [reused] });
  });
});
