import { FlagSet, type Source, int, string } from '@flagz/core';
import { assert, describe, rejects } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';

const COMMAND_LINE = { name: 'command line', kind: 'command line' } as const;
const ENVIRONMENT = { name: 'environment', kind: 'environment' } as const;

describe('layers', (it) => {
  it('lie in their order whatever the order of the calls', async () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 0, '');
    a.set(5);
    await using _first = await flags.watch(memorySource({ a: '3' }, { name: 'first' }));
    await using _second = await flags.watch(memorySource({ a: '4' }, { name: 'second' }));
    flags.load(COMMAND_LINE, [['a', '2']]);
    flags.load(ENVIRONMENT, [['a', '1']]);
    const { layers } = a.info();
    assert.equal(
      layers.map(({ source, value }) => `${source} ${value}`),
      ['environment 1', 'command line 2', 'first 3', 'second 4', 'process 5'],
    );
    assert.is(a.source, 'process');
  });

  it('fall back one by one (W3)', async () => {
    const flags = new FlagSet('s');
    const told: string[] = [];
    const a = flags.dynamic('a', int, 0, '').withNotifier((next, previous) => void told.push(`${previous}>${next}`));
    const first = memorySource({ a: '3' }, { name: 'first' });
    const second = memorySource({ a: '4' }, { name: 'second' });
    flags.load(COMMAND_LINE, [['a', '2']]);
    await using _first = await flags.watch(first);
    await using _second = await flags.watch(second);
    first.set('a', '33');
    assert.is(a.get(), 4);
    second.delete('a');
    first.delete('a');
    flags.load(COMMAND_LINE, []);
    assert.equal(told, ['0>2', '2>3', '3>4', '4>33', '33>2', '2>0']);
    assert.is(a.source, 'default');
  });

  it('may give the same value without anybody being told', () => {
    const flags = new FlagSet('s');
    let told = 0;
    const a = flags.dynamic('a', int, 0, '').withNotifier(() => void told++);
    flags.load(COMMAND_LINE, [['a', '0']]);
    assert.is(a.source, 'command line');
    assert.is(told, 0);
    assert.is(flags.version, 1);
    assert.equal(flags.history(), []);
  });

  it('keep what they know for a flag that is declared later, of each layer', async () => {
    const flags = new FlagSet('s');
    flags.load(COMMAND_LINE, [['late', '1']]);
    await using watcher = await flags.watch(memorySource({ late: '2', bad: 'x' }));
    assert.equal(watcher.status.unknown, ['late', 'bad']);
    const late = flags.dynamic('late', int, 0, '');
    const bad = flags.dynamic('bad', int, 0, '');
    assert.is(late.get(), 2);
    assert.is(late.info().layers.length, 2);
    assert.is(bad.get(), 0);
    assert.is(bad.info().rejections[0]?.error.message, 'flag "bad": expected an integer, got "x"');
    assert.equal(watcher.status.unknown, []);
  });

  it('take keys that look like members of objects', () => {
    const flags = new FlagSet('s');
    const proto = flags.dynamic('constructor', string, '', '');
    const { unknown } = flags.load(COMMAND_LINE, [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    assert.equal(unknown, ['__proto__']);
    assert.is(proto.get(), 'y');
  });

  it('refuse a second live source of one name, and pass to the next one after it has stopped', async () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 0, '');
    const b = flags.dynamic('b', int, 0, '');
    const watcher = await flags.watch(memorySource({ a: '1', b: '1' }));
    await rejects(flags.watch(memorySource()), /source "memory" is being watched already/);
    await watcher.stop();
    assert.is(a.get(), 1);
    await using _ = await flags.watch(memorySource({ a: '2' }));
    assert.equal([a.get(), b.get()], [2, 0]);
    assert.is(a.info().layers.length, 1);
    assert.is(flags.watchers.length, 1);
  });

  it('place a source by its kind', async () => {
    const flags = new FlagSet('s');
    const a = flags.dynamic('a', int, 0, '');
    flags.load(COMMAND_LINE, [['a', '2']]);
    const environment: Source = { ...ENVIRONMENT, watch: async (sink) => void sink.replace([['a', '1']]) };
    await using watcher = await flags.watch(environment);
    assert.is(a.get(), 2);
    assert.is(watcher.state, 'live');
  });
});

describe('static flags', (it) => {
  it('take values from command line, environment and the first load, then say that a restart is needed (W33)', async () => {
    const flags = new FlagSet('s');
    const events: string[] = [];
    flags.subscribe(
      (event) => event.kind === 'restart-needed' && events.push(`${event.flag} ${event.source} ${event.next}`),
    );
    const port = flags.static('port', int, 1, '');
    flags.load(COMMAND_LINE, [['port', '2']]);
    assert.is(port.get(), 2);
    const source = memorySource({ port: '3' });
    await using _ = await flags.watch(source);
    assert.is(port.get(), 3);
    assert.equal(source.update({ port: '4' })[0]?.restartNeeded, ['port']);
    source.replace({ port: '4' });
    assert.is(port.get(), 3);
    assert.is(port.info().restartNeeded, true);
    source.set('port', '5');
    source.delete('port');
    assert.is(port.get(), 3);
    assert.equal(events, ['port memory 4', 'port memory 5', 'port memory 2']);
    source.set('port', '3');
    assert.is(port.info().restartNeeded, false);
    assert.is(flags.version, 2);
  });

  it('are parsed and validated all the same', async () => {
    const flags = new FlagSet('s');
    flags.static('port', int, 1, '');
    const source = memorySource();
    await using watcher = await flags.watch(source);
    source.set('port', 'x');
    assert.is(watcher.status.rejected[0]?.error.message, 'flag "port": expected an integer, got "x"');
  });

  it('take the first load of each source, also of a later one', async () => {
    const flags = new FlagSet('s');
    const port = flags.static('port', int, 1, '');
    await using _first = await flags.watch(memorySource({ port: '2' }, { name: 'first' }));
    await using _second = await flags.watch(memorySource({ port: '3' }, { name: 'second' }));
    assert.is(port.get(), 3);
  });

  it('say nothing where a higher layer covers the change', async () => {
    const flags = new FlagSet('s');
    const port = flags.static('port', int, 1, '');
    const low = memorySource({ port: '2' }, { name: 'low' });
    await using _low = await flags.watch(low);
    await using _high = await flags.watch(memorySource({ port: '3' }, { name: 'high' }));
    assert.equal(low.update({ port: '4' })[0]?.restartNeeded, []);
    assert.is(port.info().restartNeeded, false);
  });
});
