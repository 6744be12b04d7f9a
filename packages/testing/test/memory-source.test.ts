import { FlagSet, int } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually, memorySource } from '@flagz/testing';

function setUp(): { flags: FlagSet; rate: { get(): number } } {
  const flags = new FlagSet('s');
  return { flags, rate: flags.dynamic('rate', int, 1, '') };
}

describe('memorySource()', (it) => {
  it('tells every watcher before the call returns', async () => {
    const one = setUp();
    const two = setUp();
    const source = memorySource({ rate: '2' }, { name: 'shared' });
    await using first = await one.flags.watch(source);
    await using _second = await two.flags.watch(source);
    assert.is(first.source, 'shared');
    assert.is(source.watchers, 2);
    assert.is(source.update({ rate: '3' }).length, 2);
    assert.equal([one.rate.get(), two.rate.get()], [3, 3]);
    source.replace({});
    assert.equal([one.rate.get(), two.rate.get()], [1, 1]);
  });

  it('throws once when told to, and tells what was missed', async () => {
    const { flags, rate } = setUp();
    const source = memorySource();
    await using watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    source.fail();
    source.set('rate', '2');
    assert.is(rate.get(), 1);
    await eventually(() => rate.get() === 2 && watcher.state === 'live');
    assert.is(source.started, 2);
  });

  it('throws until it is connected again', async () => {
    const { flags } = setUp();
    const source = memorySource();
    await using watcher = await flags.watch(source, { backoff: { maxMs: 5 } });
    source.disconnect(new Error('cable'));
    await eventually(() => source.started > 3);
    assert.is(watcher.status.lastError?.message, 'source "memory": cable');
    source.reconnect();
    await eventually(() => watcher.state === 'live');
  });

  it('is silent while it stalls', async () => {
    const { flags, rate } = setUp();
    const source = memorySource();
    await using _ = await flags.watch(source);
    source.stall();
    source.set('rate', '2');
    assert.is(rate.get(), 1);
    source.resume();
    assert.is(rate.get(), 2);
  });

  it('lets go of watchers that stop', async () => {
    const { flags } = setUp();
    const source = memorySource();
    const watcher = await flags.watch(source);
    await watcher.stop();
    assert.is(source.watchers, 0);
  });
});
