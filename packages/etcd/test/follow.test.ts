import { FlagSet, type FlagType, int, string } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { onEachEtcd, onStage } from './support.ts';

const bytes: FlagType<Uint8Array> = {
  name: 'bytes',
  parse: (text) => new TextEncoder().encode(text),
  parseBytes: (raw) => raw,
  format: (value) => Buffer.from(value).toString('base64'),
};

onEachEtcd('etcdSource()', (it, server) => {
  it('takes a transaction for one batch', () =>
    onStage(server(), { values: { low: '1', high: '5', rate: '20' } }, async (stage) => {
      await stage.watch();
      const before = stage.flags.version;
      await stage.write({ low: '7', high: '9', rate: undefined });
      await eventually(() => stage.high.get() === 9);
      assert.is(stage.low.get(), 7);
      assert.is(stage.rate.get(), 10);
      assert.is(stage.flags.version, before + 1);
    }));

  it('refuses key by key what passes as a transaction', () =>
    onStage(server(), { values: { low: '1', high: '5' }, source: { rollback: 'report' } }, async (stage) => {
      await stage.watch();
      await stage.put('low', '7');
      await eventually(() => stage.watcher?.status.rejected.length === 1);
      assert.is(stage.low.get(), 1);
      await stage.write({ low: '7', high: '9' });
      await eventually(() => stage.low.get() === 7);
    }));

  it('falls back when a lease expires', () =>
    onStage(server(), {}, async (stage) => {
      await stage.watch();
      const { ID } = await stage.server.client.leaseClient.leaseGrant({ TTL: 60 });
      await stage.server.client.put(`${stage.prefix}rate`).value('20').lease(ID);
      await eventually(() => stage.rate.get() === 20);
      await stage.server.client.leaseClient.leaseRevoke({ ID });
      await eventually(() => stage.rate.get() === 10);
      assert.is(stage.rate.source, 'default');
    }));

  it('takes keys of every shape, and those of no other prefix', () =>
    onStage(server(), {}, async (stage) => {
      const blob = stage.flags.dynamic('blob', bytes, new Uint8Array(), 'Bytes.');
      const { client } = stage.server;
      const other = `${stage.prefix.slice(0, -1)}2/rate`;
      await stage.put('label', '');
      await stage.put('blob', new Uint8Array([0, 255, 254]));
      for (const name of ['', 'nested/rate', '__proto__', 'constructor', 'größe', '0', 'bytes:ff'])
        await stage.put(name, 'x');
      for (const byte of [0xfe, 0xff])
        await client.put(Buffer.concat([Buffer.from(stage.prefix), Buffer.from([byte])])).value('x');
      await stage.server.put(other, '99');
      await stage.server.put(stage.prefix.slice(0, -1), '99');
      await stage.watch();
      assert.is(stage.label.get(), '');
      assert.is(stage.label.source, 'etcd');
      assert.equal([...blob.get()], [0, 255, 254]);
      // The text bytes:ff looks like the name of the byte, so it is written as bytes too.
      const text = `bytes:${Buffer.from('bytes:ff').toString('hex')}`;
      const unknown = ['', '0', '__proto__', text, 'bytes:fe', 'bytes:ff', 'constructor', 'größe', 'nested/rate'];
      assert.equal([...(stage.watcher?.status.unknown ?? [])].sort(), unknown.sort());
      await stage.server.put(other, '98');
      await stage.put('blob', new Uint8Array([128]));
      await eventually(() => blob.get().length === 1);
      assert.is(stage.rate.get(), 10);
      await stage.write({ ['__proto__']: undefined, '': undefined });
      await eventually(() => stage.watcher?.status.unknown.length === 7);
    }));

  it('takes a value of 1.4 MB, and several of them at once', () =>
    onStage(server(), {}, async (stage) => {
      const long = 'ä'.repeat(700_000);
      await stage.put('label', long);
      for (let index = 0; index < 6; index++) await stage.put(`unknown${index}`, long);
      await stage.watch();
      assert.ok(stage.label.get() === long);
      stage.proxy.cut();
      await eventually(() => stage.state === 'stale');
      // More than a default gRPC message holds, to catch up with.
      for (let index = 0; index < 6; index++) await stage.put(`unknown${index}`, `${long}!`);
      await stage.put('label', `${long}!`);
      stage.proxy.restore();
      await eventually(() => stage.label.get().endsWith('!'), { withinMs: 5_000 });
    }));

  it('refuses what is not UTF-8 for a text', () =>
    onStage(server(), { values: { label: 'a' } }, async (stage) => {
      await stage.watch();
      await stage.put('label', new Uint8Array([0xff]));
      await eventually(() => stage.rollbacks.join() === 'reverted');
      assert.is(await stage.get('label'), 'a');
    }));

  it('finds what no event told, by reading everything again', () =>
    onStage(server(), { values: { rate: '20' }, source: { reloadEveryMs: 200 } }, async (stage) => {
      const watcher = await stage.watch();
      const requests = (): number => stage.proxy.accepted;
      const before = requests();
      const { version } = stage.flags;
      let heard = watcher.status.lastSuccess;
      for (let reloads = 0; reloads < 4; reloads++) {
        await eventually(() => watcher.status.lastSuccess !== heard);
        heard = watcher.status.lastSuccess;
      }
      await stage.put('rate', '30');
      await eventually(() => stage.rate.get() === 30);
      assert.is(watcher.status.restarts, 0);
      assert.is(stage.flags.version, version + 1);
      assert.is(requests(), before);
      assert.equal(stage.told, ['10>20', '20>30']);
    }));

  it('takes a client of yours, and leaves it open', () =>
    onStage(server(), { values: { rate: '20' } }, async (stage) => {
      const { client } = stage.server;
      const flags = new FlagSet('own client');
      const rate = flags.dynamic('rate', int, 10, '');
      const watcher = await flags.watch(etcdSource({ client, prefix: stage.prefix, rollbackDelayMs: 0 }));
      await stage.put('rate', 'rubbish');
      await eventually(async () => (await stage.get('rate')) === '20');
      await stage.put('rate', '30');
      await eventually(() => rate.get() === 30);
      await watcher.stop();
      assert.is(await stage.get('rate'), '30');
    }));

  it('finds the last good value of a flag that is declared late', () =>
    onStage(server(), { values: { late: '1' } }, async (stage) => {
      await stage.watch();
      const late = stage.flags.dynamic('late', int, 0, '');
      await stage.put('late', 'rubbish');
      await eventually(async () => (await stage.get('late')) === '1');
      assert.is(late.get(), 1);
    }));
});

describe('etcdSource() options', (it) => {
  const hosts = 'http://127.0.0.1:1';
  const wrong: readonly (readonly [Parameters<typeof etcdSource>[0], string])[] = [
    [{ hosts, prefix: '' }, 'source "etcd": needs a prefix, such as "/checkout/flagz"'],
    [{ hosts, prefix: '//' }, 'source "etcd": needs a prefix, such as "/checkout/flagz"'],
    [{ hosts, prefix: '/a', auth: { username: '', password: 'x' } }, 'source "etcd": needs a user in auth.username'],
    [
      { hosts, prefix: '/a', auth: { username: 'a' } as never },
      'source "etcd": needs a password in auth.password: a string, or a function that gives one',
    ],
    [{ client: {} as never, prefix: '/a' }, 'source "etcd": needs a client made by new Etcd3(…) of the package etcd3'],
    [{ hosts: ['https://a', 'http://b:1'], prefix: '/a' }, 'source "etcd": takes hosts that are all https://, or none'],
    [
      { hosts, prefix: '/a', credentials: {} },
      'source "etcd": has credentials for TLS, but http:// hosts; write https://',
    ],
    [
      { hosts: 'a:1', prefix: '/a', credentials: { privateKey: 'x' }, name: 'n' },
      'source "n": needs credentials.privateKey and credentials.certChain together',
    ],
    [
      { hosts, prefix: '/a', rollback: 'off' as never },
      'source "etcd": rollback must be "revert" or "report", got "off"',
    ],
    [
      { hosts, prefix: '/a', reloadEveryMs: 0 },
      'source "etcd": reloadEveryMs must be above 0 and at most 1000000000, got 0',
    ],
    [
      { hosts, prefix: '/a', rollbackDelayMs: Number.NaN },
      'source "etcd": rollbackDelayMs must be from 0 to 1000000000, got NaN',
    ],
  ];
  for (const [options, message] of wrong) {
    it(`refuses: ${message}`, () => void throws(() => etcdSource(options), message));
  }

  it('says where nobody answers', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('a', string, '', '');
    const error = await rejects(flags.watch(etcdSource({ hosts, prefix: '/a' }), { startTimeoutMs: 2_000 }), Error);
    assert.match(
      error.message,
      /source "etcd": not loaded within 2000 ms; last error: .*http:\/\/127\.0\.0\.1:1.*ECONNREFUSED/,
    );
  });
});
