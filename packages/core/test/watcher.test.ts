import { FlagSet, type Source, SourceError, type SourceSink, int } from '@flagz/core';
import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually, memorySource } from '@flagz/testing';

/** Makes a source of one function. */
function sourceOf(watch: Source['watch'], rest: Partial<Source> = {}): Source {
  return { name: 'test', watch, ...rest };
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

function setUp(): { flags: FlagSet; rate: { get(): number }; events: string[] } {
  const flags = new FlagSet('s');
  const events: string[] = [];
  flags.subscribe((event) => {
    if (event.kind === 'watcher') events.push(`${event.state}${event.error ? ` (${event.error.message})` : ''}`);
  });
  return { flags, rate: flags.dynamic('rate', int, 10, ''), events };
}

describe('FlagSet.watch()', (it) => {
  it('resolves after the first load has been applied', async () => {
    const { flags, rate, events } = setUp();
    const watcher = await flags.watch(memorySource({ rate: '20' }));
    assert.is(rate.get(), 20);
    assert.is(watcher.status.revision, '1');
    assert.ok(Date.now() - (watcher.status.lastSuccess ?? 0) < 5_000);
    await watcher.stop();
    assert.equal(events, ['live', 'stopped']);
  });

  it('rejects with one error that names every refused key', async () => {
    const { flags } = setUp();
    flags.dynamic('other', int, 1, '');
    const error = (await rejects(flags.watch(memorySource({ rate: 'x', other: 'y' })), SourceError)) as SourceError;
    assert.is(
      error.message,
      'source "memory": 2 refused: flag "rate": expected an integer, got "x"; flag "other": expected an integer, got "y"',
    );
    assert.is(error.code, 'FLAGZ_SOURCE');
    assert.is((error.cause as AggregateError).errors.length, 2);
    assert.is(flags.watchers[0]?.state, 'stopped');
  });

  it('rejects at the time-out, with the last error, and leaves nothing behind', async () => {
    const { flags } = setUp();
    const source = memorySource();
    source.disconnect(new Error('connection refused'));
    await rejects(
      flags.watch(source, { startTimeoutMs: 150, backoff: { maxMs: 10 } }),
      'source "memory": not loaded within 150 ms; last error: source "memory": connection refused',
    );
    assert.ok(source.started > 3);
    assert.is(source.watchers, 0);
  });

  it('rejects at the time-out with what the source was waiting for, where it says so', async () => {
    const { flags } = setUp();
    const source = sourceOf(async (_, signal) => {
      await aborted(signal);
      throw new SourceError('no answer from the store');
    });
    await rejects(
      flags.watch(source, { startTimeoutMs: 50 }),
      `source "${source.name}": not loaded within 50 ms; last error: source "${source.name}": no answer from the store`,
    );
  });

  it('rejects at once where waiting cannot help', async () => {
    const { flags } = setUp();
    const source = sourceOf(async () => {
      throw new SourceError('the folder does not exist', { fatalAtStart: true });
    });
    await rejects(flags.watch(source), 'source "test": the folder does not exist');
    assert.is(flags.watchers[0]?.state, 'stopped');
  });

  it('goes on trying where the source is not required, also after what is fatal at a start', async () => {
    const { flags, rate } = setUp();
    let attempts = 0;
    const source = sourceOf(async (sink, signal) => {
      if (++attempts < 3) throw new SourceError('no', { fatalAtStart: true });
      sink.replace([['rate', '20']]);
      await aborted(signal);
    });
    await using watcher = await flags.watch(source, { required: false, backoff: { maxMs: 5 } });
    assert.is(watcher.state, 'starting');
    await eventually(() => rate.get() === 20);
    assert.is(watcher.status.restarts, 2);
    assert.is(watcher.state, 'live');
  });

  it('rejects with the reason of its signal, before the source is started when it has aborted already', async () => {
    const { flags } = setUp();
    const source = memorySource();
    await rejects(flags.watch(source, { signal: AbortSignal.abort(new Error('enough')) }), 'enough');
    assert.is(source.started, 0);
    await rejects(flags.watch(source, { required: false, signal: AbortSignal.abort(new Error('enough')) }), 'enough');
    const abort = new AbortController();
    source.stall();
    const start = flags.watch(source, { signal: abort.signal });
    abort.abort(new Error('later'));
    await rejects(start, 'later');
    assert.is(source.watchers, 0);
  });

  it('rejects when the watcher is stopped before it has loaded', async () => {
    const { flags } = setUp();
    const source = memorySource();
    source.stall();
    const start = flags.watch(source);
    await eventually(() => source.watchers === 1);
    const stopped = flags.watchers[0]?.stop();
    await rejects(start, 'source "memory": stopped before it had loaded');
    await stopped;
  });

  it('says what is wrong when a source ends without having loaded', async () => {
    const { flags } = setUp();
    await rejects(
      flags.watch(
        sourceOf(async () => {}),
        { startTimeoutMs: 50 },
      ),
      /ended without having loaded anything/,
    );
  });
});

describe('a watcher', (it) => {
  it('keeps the values and starts again after a throw, one attempt at a time', async () => {
    const { flags, rate, events } = setUp();
    let running = 0;
    let most = 0;
    let attempts = 0;
    const source = sourceOf(async (sink, signal) => {
      most = Math.max(most, ++running);
      try {
        attempts++;
        if (attempts % 2 === 0) throw new Error(`attempt ${attempts}`);
        sink.replace([['rate', String(attempts)]]);
        if (attempts < 5) throw new Error('lost');
        await aborted(signal);
      } finally {
        running--;
      }
    });
    const watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    assert.is(rate.get(), 1);
    await eventually(() => rate.get() === 5);
    assert.is(watcher.state, 'live');
    assert.is(watcher.status.restarts, 4);
    assert.is(watcher.status.lastError?.message, 'source "test": attempt 4');
    await watcher.stop();
    assert.is(most, 1);
    assert.equal(events.slice(0, 4), [
      'live',
      'stale (source "test": lost)',
      'stale (source "test": attempt 2)',
      'live',
    ]);
  });

  it('lets a source resume where it was', async () => {
    const { flags, rate } = setUp();
    let attempts = 0;
    const source = sourceOf(async (sink, signal) => {
      if (++attempts === 1) {
        sink.replace([['rate', '1']]);
        throw new Error('lost');
      }
      sink.alive();
      sink.update([['rate', '2']], 'r2');
      await aborted(signal);
    });
    await using watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    await eventually(() => watcher.state === 'live' && rate.get() === 2);
    assert.is(watcher.status.revision, 'r2');
  });

  it('does not take alive() or update() for a first load', async () => {
    const { flags } = setUp();
    const source = sourceOf(async (sink, signal) => {
      sink.alive();
      sink.update([['rate', '2']]);
      await aborted(signal);
    });
    await rejects(flags.watch(source, { startTimeoutMs: 50 }), /not loaded within 50 ms/);
  });

  it('goes stale in silence, live at a word', async () => {
    const { flags, events } = setUp();
    const source = memorySource();
    const watcher = await flags.watch(source, { staleAfterMs: 60 });
    source.alive();
    await eventually(() => watcher.state === 'stale');
    assert.match(watcher.status.lastError?.message ?? '', /nothing heard for \d+ ms/);
    source.alive();
    assert.is(watcher.state, 'live');
    await watcher.stop();
    assert.match(events.join(), /^live,stale \(.*\),live,stopped$/);
  });

  it('takes the silence that the source calls normal', async () => {
    const { flags } = setUp();
    const source = sourceOf(
      async (sink, signal) => {
        sink.replace([]);
        await aborted(signal);
      },
      { staleAfterMs: 30 },
    );
    await using watcher = await flags.watch(source);
    await eventually(() => watcher.state === 'stale');
  });

  it('stays live when its source has returned, and never goes stale', async () => {
    const { flags } = setUp();
    let attempts = 0;
    const source = sourceOf(async (sink) => {
      attempts++;
      sink.replace([['rate', '1']]);
    });
    const watcher = await flags.watch(source, { staleAfterMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(watcher.state, 'live');
    assert.is(attempts, 1);
    await watcher.stop();
    assert.is(watcher.state, 'stopped');
  });

  it('hears nothing from an attempt that is over', async () => {
    const { flags, rate } = setUp();
    const sinks: SourceSink[] = [];
    const signals: AbortSignal[] = [];
    const source = sourceOf(async (sink, signal) => {
      sinks.push(sink);
      signals.push(signal);
      sink.replace([['rate', String(sinks.length)]]);
      if (sinks.length === 1) throw new Error('lost');
      await aborted(signal);
    });
    const watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    await eventually(() => sinks.length === 2);
    assert.ok(signals[0]?.aborted);
    assert.equal(sinks[0]?.replace([['rate', '99']]).accepted, []);
    sinks[0]?.alive();
    sinks[0]?.report(new Error('late'));
    assert.is(rate.get(), 2);
    await watcher.stop();
    assert.equal(sinks[1]?.update([['rate', '99']]).accepted, []);
    assert.is(rate.get(), 2);
    assert.not.match(watcher.status.lastError?.message ?? '', 'late');
  });

  it('shows what a source reports without giving up', async () => {
    const { flags, events } = setUp();
    const source = sourceOf(async (sink, signal) => {
      sink.replace([]);
      sink.report(new Error('one file cannot be read'));
      await aborted(signal);
    });
    await using watcher = await flags.watch(source);
    assert.is(watcher.state, 'live');
    await eventually(() => events.includes('live (source "test": one file cannot be read)'));
  });

  it('tells a source which flags there are, also those declared later', async () => {
    const { flags } = setUp();
    const names = (sink: SourceSink): string =>
      Array.from(sink.flags(), ({ name, type }) => `${name} ${type.name}`).join();
    let kept: SourceSink | undefined;
    const source = sourceOf(async (sink) => {
      kept = sink;
      sink.replace([]);
      assert.is(names(sink), 'rate int');
    });
    await using watcher = await flags.watch(source);
    flags.static('port', int, 1, '');
    assert.is(kept && names(kept), 'rate int,port int');
    assert.is(watcher.state, 'live');
  });

  it('starts again when a source throws before its first await, or delivers what cannot be read', async () => {
    const { flags, rate } = setUp();
    let attempts = 0;
    const source = sourceOf((sink, signal) => {
      attempts++;
      if (attempts === 1) throw new Error('at once');
      if (attempts === 2) sink.replace(undefined as never as []);
      if (attempts === 3) sink.replace(7 as never);
      sink.replace([['rate', '3']]);
      return aborted(signal);
    });
    await using watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    await eventually(() => rate.get() === 3 && watcher.state === 'live');
  });

  it('stops within its bound, and says so, when a source does not listen to its signal', async () => {
    const { flags } = setUp();
    const source = sourceOf(async (sink) => {
      sink.replace([]);
      await new Promise((resolve) => setTimeout(resolve, 5_600));
    });
    const watcher = await flags.watch(source);
    await rejects(watcher.stop(), 'source "test": did not end within 5 s of its abort signal');
    assert.is(watcher.state, 'stopped');
  });

  it('takes its values away when asked to', async () => {
    const { flags, rate } = setUp();
    const watcher = await flags.watch(memorySource({ rate: '20' }));
    await watcher.stop();
    assert.is(rate.get(), 20);
    await watcher.stop({ clear: true });
    assert.is(rate.get(), 10);
  });

  it('can be stopped from a subscriber of its own events', async () => {
    const { flags } = setUp();
    flags.subscribe((event) => {
      if (event.kind === 'watcher' && event.state === 'live') void flags.watchers[0]?.stop();
    });
    const watcher = await flags.watch(memorySource());
    await eventually(() => watcher.state === 'stopped');
  });

  it('leaves the layer to the watcher that came after it, also when it is stopped with clear', async () => {
    const { flags, rate } = setUp();
    const first = await flags.watch(memorySource({ rate: '20' }));
    await first.stop();
    const source = memorySource({ rate: '30' });
    await using second = await flags.watch(source);
    await first.stop({ clear: true });
    assert.is(rate.get(), 30);
    source.set('rate', '40');
    assert.is(rate.get(), 40);
    assert.is(second.state, 'live');
  });

  it('takes Infinity for never, and refuses what is no wait', async () => {
    const { flags } = setUp();
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', warned);
    const source = memorySource();
    const watcher = await flags.watch(source, { startTimeoutMs: Infinity, staleAfterMs: Infinity });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.is(watcher.state, 'live');
    await watcher.stop();
    process.off('warning', warned);
    assert.equal(warnings, []);
    const message = 'flag set "s": watch("memory"): staleAfterMs must be a number of milliseconds, 0 or more, got NaN';
    await rejects(flags.watch(source, { staleAfterMs: NaN }), message);
    await rejects(flags.watch(source, { backoff: { minMs: -1 } }), /backoff\.minMs must be a number of milliseconds/);
  });

  it('waits longer after each failure, at random, up to the bound', async () => {
    const { flags } = setUp();
    const times: number[] = [];
    const source = sourceOf(async () => {
      times.push(performance.now());
      throw new Error('no');
    });
    const random = Math.random;
    Math.random = () => 1;
    try {
      await using _ = await flags.watch(source, { required: false, backoff: { minMs: 10, maxMs: 40 } });
      await eventually(() => times.length === 6);
    } finally {
      Math.random = random;
    }
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, atLeast] of [9, 19, 39, 39, 39].entries())
      assert.ok((waits[index] ?? 0) >= atLeast, String(waits));
  });
});
