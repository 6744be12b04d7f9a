import { type FlagEvent, FlagSet, type RawValue, type Source, type SourceSink, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import fc from 'fast-check';

const encoder = new TextEncoder();

/** Puts a source to work whose sink the test holds. */
async function setUp(values: Readonly<Record<string, RawValue>>, required = true) {
  const flags = new FlagSet('s');
  const limit = { largest: 100 };
  flags.dynamic('rate', int, 10, '').withValidator((next) => next <= limit.largest || `above ${limit.largest}`);
  flags.static('port', int, 8080, '');
  const events: FlagEvent[] = [];
  flags.subscribe((event) => events.push(event));
  const held: { sink?: SourceSink } = {};
  const source: Source = {
    name: 'test',
    watch: async (sink, signal) => {
      held.sink = sink;
      sink.replace(Object.entries(values), '1');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const watcher = await flags.watch(source, { required });
  const sink = await eventually(() => held.sink ?? false);
  assert.ok(sink);
  return { flags, limit, events, watcher, sink };
}

describe('SourceSink.lastGood()', (it) => {
  it('gives what the layer accepted last for a refused key', async () => {
    const { sink, watcher } = await setUp({ rate: '20' });
    sink.update([['rate', '30']]);
    sink.update([['rate', 'rubbish']]);
    sink.update([['rate', '5000']]);
    assert.equal(sink.lastGood('rate'), { value: '30' });
    await watcher.stop();
  });

  it('gives the text that was accepted last, although the value had been there in another one', async () => {
    const { flags, sink, watcher } = await setUp({ rate: '20' });
    const bytes = new TextEncoder().encode('0x14');
    sink.update([['rate', '0x14']]);
    sink.update([['rate', bytes]]);
    const { version } = flags;
    sink.update([['rate', 'rubbish']]);
    assert.is(sink.lastGood('rate')?.value, bytes);
    assert.is(flags.version, version);
    assert.is(flags.history().length, 1);
    await watcher.stop();
  });

  it('gives no value where the layer never held one', async () => {
    const { sink, watcher } = await setUp({});
    sink.update([['rate', 'rubbish']]);
    assert.equal(sink.lastGood('rate'), { value: undefined });
    await watcher.stop();
  });

  it('is silent on what is not refused, not refused any more, static or unknown', async () => {
    const { sink, watcher } = await setUp({ rate: '20', port: '9000' });
    assert.is(sink.lastGood('rate'), undefined);
    sink.update([['rate', 'rubbish']]);
    sink.update([
      ['rate', '30'],
      ['port', 'rubbish'],
      ['nobody', 'x'],
    ]);
    for (const key of ['rate', 'port', 'nobody']) assert.is(sink.lastGood(key), undefined);
    await watcher.stop();
  });

  it('is silent on what the first load refused, also when it is loaded again', async () => {
    const { sink, watcher } = await setUp({ rate: 'rubbish' }, false);
    assert.is(sink.lastGood('rate'), undefined);
    sink.replace([['rate', 'rubbish']]);
    assert.is(sink.lastGood('rate'), undefined);
    sink.update([['rate', 'other rubbish']]);
    assert.equal(sink.lastGood('rate'), { value: undefined });
    await watcher.stop();
    assert.is(sink.lastGood('rate'), undefined);
  });

  it('is silent on what the first load refused, also when it is refused for another reason since', async () => {
    const { limit, sink, watcher } = await setUp({ rate: '500' }, false);
    limit.largest = 90;
    sink.replace([['rate', '500']]);
    assert.match(watcher.status.rejected[0]?.error.message ?? '', /above 90/);
    assert.is(sink.lastGood('rate'), undefined);
    await watcher.stop();
  });

  it('is silent on what the first load refused, also when a load makes its bytes anew, but not once it is written', async () => {
    const bytes = (): Uint8Array => encoder.encode('500');
    const { sink, watcher } = await setUp({ rate: bytes() }, false);
    sink.replace([['rate', bytes()]]);
    assert.is(sink.lastGood('rate'), undefined);
    sink.update([['rate', bytes()]]);
    assert.equal(sink.lastGood('rate'), { value: undefined });
    await watcher.stop();
  });

  it('gives the very same object for the same value, also when it is refused for another reason since', async () => {
    const { limit, sink, watcher } = await setUp({ rate: '20' });
    sink.update([['rate', '500']]);
    const good = sink.lastGood('rate');
    assert.equal(good, { value: '20' });
    limit.largest = 90;
    sink.replace([['rate', '500']]);
    assert.is(sink.lastGood('rate'), good);
    sink.update([['rate', '501']]);
    assert.is.not(sink.lastGood('rate'), good);
    await watcher.stop();
  });

  it('agrees with a naive model over random writes, loads and limits', async () => {
    const write = fc.record({ do: fc.constant('write' as const), text: fc.constantFrom('20', '30', '500', 'rubbish') });
    const other = fc.record({ do: fc.constantFrom('load' as const, 'limit' as const, 'delete' as const) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('20', '500', undefined),
        fc.array(fc.oneof(write, other)),
        async (first, steps) => {
          let raw = first === undefined ? undefined : encoder.encode(first);
          const { limit, sink, watcher } = await setUp(raw ? { rate: raw } : {}, false);
          let accepted = first === '20' ? raw : undefined;
          // What stands for the refusal of the present value, nothing while it may not be put right.
          let expected: object | undefined;
          for (const step of steps) {
            if (step.do === 'limit') limit.largest++;
            else if (step.do === 'load') sink.replace(raw ? [['rate', raw]] : []);
            else {
              const text = 'text' in step ? step.text : undefined;
              raw = text === undefined ? undefined : encoder.encode(text);
              sink.update([['rate', raw]]);
              const refused = text === '500' || text === 'rubbish';
              if (!refused) accepted = raw;
              expected = refused ? sink.lastGood('rate') : undefined;
              assert.is(expected !== undefined, refused);
            }
            assert.is(sink.lastGood('rate'), expected);
            if (expected) assert.is(sink.lastGood('rate')?.value, accepted);
          }
          await watcher.stop();
        },
      ),
    );
  });
});

describe('SourceSink.rolledBack()', (it) => {
  it('is an event, and nothing once the watcher has stopped', async () => {
    const { sink, events, watcher } = await setUp({ rate: '20' });
    events.length = 0;
    sink.rolledBack({ flag: 'rate', revision: '7', outcome: 'reverted' });
    assert.equal(events, [{ kind: 'rollback', source: 'test', flag: 'rate', revision: '7', outcome: 'reverted' }]);
    await watcher.stop();
    events.length = 0;
    sink.rolledBack({ flag: 'rate', revision: '7', outcome: 'reverted' });
    assert.equal(events, []);
  });
});

describe('Source.backoff', (it) => {
  it('says how long to wait where watch() is not told', async () => {
    const flags = new FlagSet('s');
    let attempts = 0;
    const source: Source = {
      name: 'test',
      backoff: { minMs: 1, maxMs: 1 },
      watch: async () => {
        attempts++;
        throw new Error('no');
      },
    };
    const watcher = await flags.watch(source, { required: false });
    await eventually(() => attempts > 50, { withinMs: 2_000 });
    await watcher.stop();
  });
});
