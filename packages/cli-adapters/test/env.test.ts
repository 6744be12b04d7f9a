import { type FlagEvent, FlagSet, SourceError, int, string } from '@flagz/core';
import { envSource } from '@flagz/cli-adapters/env';
import { parseFlags } from '@flagz/cli-adapters/parse-args';
import { assert, describe, rejects } from '@flagz/test-runner';
import { makeShop } from './shop.ts';

describe('envSource()', (it) => {
  it('reads the variables of the flags, static ones too', async () => {
    const { flags } = makeShop();
    const env = { SHOP_RATE: '20', SHOP_DB_POOL: '3', SHOP_NO_PROXY: 'a', SHOP_MAX_CONNECTIONS: '7', RATE: '1' };
    await flags.watch(envSource({ prefix: 'SHOP_', env }));
    const read = [...flags].filter(({ source }) => source === 'environment').map(({ name, text }) => `${name}=${text}`);
    assert.equal(read, ['db.pool=3', 'max_connections=7', 'no-proxy=a', 'rate=20']);
  });

  it('reads the environment of the process', async () => {
    const { flags, rate } = makeShop();
    process.env['SHOP_RATE'] = '20';
    try {
      await flags.watch(envSource({ prefix: 'SHOP_' }));
    } finally {
      delete process.env['SHOP_RATE'];
    }
    assert.is(rate.get(), 20);
  });

  it('is done after it has read: live, nothing left to end', async () => {
    const { flags } = makeShop();
    const watcher = await flags.watch(envSource({ prefix: 'SHOP_', env: {} }));
    assert.equal([watcher.source, watcher.state], ['environment', 'live']);
  });

  it('lies below the command line, whichever comes first', async () => {
    const { flags, rate } = makeShop();
    parseFlags(flags, ['--rate', '30']);
    await flags.watch(envSource({ prefix: 'SHOP_', env: { SHOP_RATE: '20' } }));
    assert.is(rate.get(), 30);
    parseFlags(flags, []);
    assert.is(rate.get(), 20);
  });

  it('takes an empty variable for a value of strings only', async () => {
    const { flags } = makeShop();
    await flags.watch(envSource({ prefix: 'SHOP_', env: { SHOP_LABEL: '', SHOP_RATE: '', SHOP_PEERS: '' } }));
    assert.equal(
      [flags.find('label')?.text, flags.find('rate')?.source, flags.find('peers')?.text],
      ['', 'default', 'a,b'],
    );
  });

  it('names each variable that is refused, and applies the others', async () => {
    const { flags } = makeShop();
    const env = { SHOP_RATE: 'ten', SHOP_TOKEN: 'hunter2', SHOP_LABEL: 'x' };
    const message =
      'source "environment": 2 refused: flag "rate": expected an integer, got "ten"; flag "token": not a valid int, got •••';
    await rejects(flags.watch(envSource({ prefix: 'SHOP_', env })), message);
    assert.is(flags.find('label')?.text, 'x');
  });

  it('reports variables of no flag by their own names', async () => {
    const { flags } = makeShop();
    const events: FlagEvent[] = [];
    flags.subscribe((event) => events.push(event));
    const env = { SHOP_RAT: '20', SHOP: '1', OTHER: '2' };
    const watcher = await flags.watch(envSource({ prefix: 'SHOP_', env }));
    assert.equal(watcher.status.unknown, ['SHOP_RAT']);
    assert.is(events.filter(({ kind }) => kind === 'unknown').length, 1);
  });

  it('reports none where the prefix is empty', async () => {
    const { flags, rate } = makeShop();
    const watcher = await flags.watch(envSource({ prefix: '', env: { RATE: '20', HOME: '/' } }));
    assert.equal([rate.get(), watcher.status.unknown], [20, []]);
  });

  it('sets no flag by its name alone', async () => {
    const flags = new FlagSet('shop');
    const odd = flags.dynamic('SHOP_ODD', string, '', 'Is named like a variable.');
    await flags.watch(envSource({ prefix: 'SHOP_', env: { SHOP_ODD: 'x' } }));
    assert.is(odd.get(), '');
  });

  it('refuses to start when two flags share a variable', async () => {
    const flags = new FlagSet('shop');
    flags.dynamic('a.b', int, 1, 'One.');
    flags.dynamic('a-b', int, 1, 'Two.');
    const message = 'source "environment": flags "a.b" and "a-b" share the variable SHOP_A_B; rename one of them';
    const error = await rejects(flags.watch(envSource({ prefix: 'SHOP_', env: {} })), message);
    assert.instance(error, SourceError);
  });
});
