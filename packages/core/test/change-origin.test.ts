import { assert, describe } from '@flagz/test-runner';
import { type ChangeOrigin, FlagSet, type FlagEvent, type Source, type SourceSink, int } from '@flagz/core';

const written: ChangeOrigin = { actor: 'kubectl-edit', writtenAt: 1_700_000_000_000 };

describe('origin of a change', (it) => {
  it('reaches the history, the change event and the last change', async () => {
    const { flags, rate, sink, stop } = await watched();
    const events: FlagEvent[] = [];
    flags.subscribe((event) => void events.push(event));
    sink.replace([['rate', '20']], '7', written);
    assert.equal(
      flags.history().map(({ next, origin }) => ({ next, origin })),
      [{ next: '20', origin: written }],
    );
    const [told] = events.filter((event) => event.kind === 'change');
    assert.equal(told?.origin, written);
    assert.equal(rate.info().lastChange?.origin, written);
    await stop();
  });

  it('belongs to its own batch', async () => {
    const { flags, sink, stop } = await watched();
    sink.update([['rate', '20']], '7', written);
    sink.update([['rate', '30']], '8');
    assert.equal(
      flags.history().map((change) => ('origin' in change ? change.origin : 'none')),
      [written, 'none'],
    );
    await stop();
  });

  it('is kept for a flag that is declared later', async () => {
    const { flags, sink, stop } = await watched();
    sink.replace([['late', '5']], '7', written);
    sink.replace([['late', '5']], '8', { actor: 'terraform' });
    const late = flags.dynamic('late', int, 0, 'A flag that a plug-in declares.');
    assert.equal(flags.history().at(-1)?.origin, written);
    assert.equal(late.info().layers.at(-1)?.origin, written);
    await stop();
  });

  it('may be another one for each key, and none for some', async () => {
    const { flags, sink, stop } = await watched();
    const [label, size] = ['label', 'size'].map((name) => flags.dynamic(name, int, 0, ''));
    const other: ChangeOrigin = { actor: 'terraform' };
    const origins = new Map([
      ['rate', written],
      ['label', other],
    ]);
    sink.update(new Map(['rate', 'label', 'size'].map((name) => [name, '20'])), '7', origins);
    assert.equal(
      flags.history().map((change) => [change.flag, change.origin]),
      [
        ['rate', written],
        ['label', other],
        ['size', undefined],
      ],
    );
    assert.equal(label?.info().layers.at(-1)?.origin, other);
    assert.is(size?.info().layers.at(-1)?.origin, undefined);
    const refused = sink.update(
      [
        ['rate', 'x'],
        ['size', 'x'],
      ],
      '8',
      origins,
    ).rejected;
    assert.equal(
      refused.map(({ flag, origin }) => [flag, origin]),
      [
        ['rate', written],
        ['size', undefined],
      ],
    );
    sink.update([['label', undefined]], '9', origins);
    assert.equal(flags.history().at(-1)?.origin, other);
    await stop();
  });
});

/** Gives a flag set with the sink of a source that has loaded nothing yet but an empty layer. */
async function watched() {
  const flags = new FlagSet('test');
  const rate = flags.dynamic('rate', int, 10, 'A rate.');
  let sink: SourceSink | undefined;
  const source: Source = {
    name: 'told',
    watch: (given, signal) =>
      new Promise((resolve) => {
        sink = given;
        given.replace([]);
        signal.addEventListener('abort', () => resolve());
      }),
  };
  const watcher = await flags.watch(source);
  return { flags, rate, sink: sink as unknown as SourceSink, stop: () => watcher.stop() };
}
