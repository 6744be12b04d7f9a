import { type FlagEvent, FlagSet, inRange, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';
import fc from 'fast-check';

/** Logs what begins to stand, and what ends. */
function log(flags: FlagSet): string[] {
  const told: string[] = [];
  flags.subscribe((event) => {
    if (event.kind === 'cleared') told.push(`cleared ${event.what} ${event.flag} ${event.source} ${event.revision}`);
    if (event.kind === 'rejected' || event.kind === 'unknown' || event.kind === 'restart-needed') {
      told.push(`${event.kind} ${event.flag} ${event.source} ${event.revision}`);
    }
  });
  return told;
}

async function setup() {
  const flags = new FlagSet('s');
  flags.dynamic('rate', int, 10, '').withValidator(inRange(1, 100));
  const port = flags.static('port', int, 80, '');
  const source = memorySource({ rate: '20' });
  const watcher = await flags.watch(source);
  return { flags, port, source, watcher, told: log(flags) };
}

describe('the end of a refusal', (it) => {
  it('is told when a good value comes, the last good one too', async () => {
    const { source, watcher, told } = await setup();
    source.set('rate', 'ten');
    source.set('rate', 'eleven');
    source.set('rate', '20');
    source.set('rate', '20');
    assert.equal(told, ['rejected rate memory 2', 'rejected rate memory 3', 'cleared rejected rate memory 4']);
    assert.equal(watcher.status.rejected, []);
    await watcher.stop();
  });

  it('is told when the key goes away, by a change, a new load, or a stop that clears', async () => {
    const { source, watcher, told } = await setup();
    source.set('rate', 'ten');
    source.delete('rate');
    source.set('rate', 'ten');
    source.replace({});
    source.set('rate', 'ten');
    await watcher.stop({ clear: true });
    assert.equal(told, [
      'rejected rate memory 2',
      'cleared rejected rate memory 3',
      'rejected rate memory 4',
      'cleared rejected rate memory 5',
      'rejected rate memory 6',
      'cleared rejected rate memory undefined',
    ]);
  });

  it('is told after the value has been swapped, with the rest of its batch', async () => {
    const { flags, source, watcher } = await setup();
    source.set('rate', 'ten');
    const seen: unknown[] = [];
    flags.subscribe((event: FlagEvent) =>
      seen.push([event.kind, flags.find('rate')?.get(), flags.find('rate')?.info().rejections.length]),
    );
    source.set('rate', '30');
    assert.equal(seen, [
      ['cleared', 30, 0],
      ['change', 30, 0],
    ]);
    await watcher.stop();
  });

  it('is told also where a notifier causes the batches', async () => {
    const { flags, source, watcher, told } = await setup();
    const trigger = flags.dynamic('trigger', int, 0, '');
    source.set('rate', 'ten');
    trigger.withNotifier(() => {
      source.set('rate', '30');
      source.set('rate', 'ten');
      source.set('rate', '30');
    });
    trigger.set(1);
    assert.equal(
      told.map((line) => line.replace(/ \d+$/, '')),
      ['rejected rate memory', 'cleared rejected rate memory', 'rejected rate memory', 'cleared rejected rate memory'],
    );
    await watcher.stop();
  });

  it('has no event where a set() of the process was refused: that is over with its throw', async () => {
    const { flags, watcher, told } = await setup();
    const rate = flags.find('rate') as unknown as { setText(text: string): void; reset(): void };
    assert.throws(() => rate.setText('ten'));
    rate.setText('30');
    rate.reset();
    assert.equal(told, ['rejected rate process undefined']);
    await watcher.stop();
  });
});

describe('the end of an unknown key', (it) => {
  it('is told when the key goes away, and when the flag is declared', async () => {
    const { flags, source, watcher, told } = await setup();
    source.update({ stranger: '1', late: '2', wrong: 'x' });
    source.delete('stranger');
    flags.dynamic('late', int, 0, '');
    flags.dynamic('wrong', int, 0, '');
    assert.equal(told, [
      'unknown stranger memory 2',
      'unknown late memory 2',
      'unknown wrong memory 2',
      'cleared unknown stranger memory 3',
      'cleared unknown late memory undefined',
      'rejected wrong memory undefined',
      'cleared unknown wrong memory undefined',
    ]);
    source.replace({});
    assert.equal(told.slice(7), ['cleared rejected wrong memory 4']);
    await watcher.stop();
  });
});

describe('a key that waits for its turn', (it) => {
  it('reaches the flag that is declared meanwhile', async () => {
    const { flags, source, watcher, told } = await setup();
    const trigger = flags.dynamic('trigger', int, 0, '');
    trigger.withNotifier(() => {
      source.set('late', '2');
      flags.dynamic('late', int, 0, '');
    });
    trigger.set(1);
    assert.is(flags.find('late')?.get(), 2);
    assert.equal([told, watcher.status.unknown], [[], []]);
    await watcher.stop();
  });
});

describe('the end of a wait for a restart', (it) => {
  it('is told when the source gives the value in force again, or gives none', async () => {
    const { port, source, watcher, told } = await setup();
    source.set('port', '81');
    source.set('port', '80');
    source.set('port', '81');
    source.set('port', '82');
    source.replace({ rate: '20' });
    assert.is(port.info().restartNeeded, false);
    assert.equal(told, [
      'restart-needed port memory 2',
      'cleared restart-needed port memory 3',
      'restart-needed port memory 4',
      'restart-needed port memory 5',
      'cleared restart-needed port memory 6',
    ]);
    await watcher.stop();
  });

  it('is told of the source that it began with, whichever source ends it', async () => {
    const { flags, port, source, watcher, told } = await setup();
    const above = memorySource({}, { name: 'above' });
    const other = await flags.watch(above);
    source.set('port', '81');
    above.set('port', '80');
    assert.is(port.info().restartNeeded, false);
    above.set('port', '82');
    above.delete('port');
    source.delete('port');
    assert.equal(told, [
      'restart-needed port memory 2',
      'cleared restart-needed port memory undefined',
      'restart-needed port above 3',
      // Another value than before, and the same source that brought it about.
      'restart-needed port above 4',
      'cleared restart-needed port above undefined',
    ]);
    await other.stop();
    await watcher.stop();
  });

  it('comes with the first load of the next watcher', async () => {
    const { flags, port, source, watcher, told } = await setup();
    source.set('port', '81');
    await watcher.stop();
    const next = await flags.watch(memorySource({ port: '82' }));
    assert.is(port.get(), 82);
    assert.is(port.info().restartNeeded, false);
    assert.equal(told.slice(1), ['cleared restart-needed port memory 1']);
    await next.stop();
  });
});

const step = fc.record({
  source: fc.nat({ max: 1 }),
  replace: fc.boolean(),
  texts: fc.dictionary(
    fc.constantFrom('rate', 'port', 'late'),
    fc.option(fc.constantFrom('ten', '80', '81', '82', '0'), { nil: undefined }),
  ),
});

describe('random batches', (it) => {
  it('begin and end what stands in turn, and what is told is what stands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat({ max: 20 }), async (steps, declareAt) => {
        const { flags, port, source, watcher } = await setup();
        const above = memorySource({}, { name: 'above' });
        const watchers = [watcher, await flags.watch(above)];
        const standing = new Set<string>();
        flags.subscribe((event) => {
          if (event.kind === 'cleared') {
            assert.ok(standing.delete(`${event.what} ${event.flag} ${event.source}`), 'ends what has begun');
          } else if (['rejected', 'unknown', 'restart-needed'].includes(event.kind) && 'flag' in event) {
            standing.add(`${event.kind} ${event.flag} ${'source' in event && event.source}`);
          }
        });
        for (const [index, { source: which, replace, texts }] of steps.entries()) {
          if (index === declareAt) flags.dynamic('late', int, 1, '').withValidator(inRange(1, 100));
          const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
          const to = which === 0 ? source : above;
          if (replace) to.replace(given as Record<string, string>);
          else to.update(texts);
          const found = watchers.flatMap(({ status: { source: name, rejected, unknown } }) => [
            ...rejected.map(({ flag }) => `rejected ${flag} ${name}`),
            ...unknown.map((key) => `unknown ${key} ${name}`),
          ]);
          const [waits, ...rest] = [...standing].filter((text) => text.startsWith('restart-needed'));
          assert.equal([...standing].filter((text) => text !== waits).sort(), found.sort());
          assert.equal([waits !== undefined, rest], [port.info().restartNeeded, []]);
        }
        for (const one of watchers) await one.stop();
      }),
      { numRuns: 400 },
    );
  });
});
