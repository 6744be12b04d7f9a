import { FlagSet, string } from '@flagz/core';
import { eventually } from '@flagz/testing';
import { assert, rejects } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** What the API server takes in the values of one ConfigMap; keys do not count. */
const MOST_BYTES = 1_048_576;

describeOnCluster('configMapApiSource: one ConfigMap', (it) => {
  it(
    'is an empty layer while it is absent, and follows it through creation and deletion',
    Shop.test(async (shop) => {
      await shop.watch();
      assert.is(shop.rate.source, 'default');
      for (const value of [20, 30]) {
        await shop.put({ rate: String(value) });
        await eventually(() => shop.rate.get() === value);
        await shop.namespace.removeConfigMap('flags');
        await eventually(() => shop.rate.source === 'default');
      }
      assert.is(shop.told.join(' '), '10>20 20>10 10>30 30>10');
      assert.is(shop.watcher?.status.restarts, 0);
    }),
  );

  it(
    'follows an immutable one that is replaced by deleting and creating it',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20' }, immutable: true });
      await shop.watch();
      assert.is(shop.rate.get(), 20);
      await shop.namespace.removeConfigMap('flags');
      await shop.namespace.putConfigMap('flags', { data: { rate: '30' }, immutable: true });
      await eventually(() => shop.rate.get() === 30);
    }),
  );

  it(
    'takes as much as the API server does: 1 MiB in all values together, whatever it takes on the wire',
    Shop.test(async (shop) => {
      const rate = '20';
      const most = MOST_BYTES - rate.length;
      // Three bytes a character; one byte, for which Go writes six; and some of these with what both write as six.
      const wide = filled('€'.repeat(most / 3), most);
      const escaped = '<'.repeat(most);
      const controls = filled('\u0001'.repeat(most / 8), most);
      await shop.put({ rate, label: wide });
      await shop.watch();
      assert.ok(shop.label.get() === wide);
      for (const text of [escaped, controls]) {
        await shop.put({ rate, label: text });
        await eventually(() => shop.label.get() === text, { withinMs: 20_000 });
      }
      await rejects(shop.put({ rate, label: `${escaped}!` }), /422 .*1048576 bytes/);
      assert.ok(shop.label.get() === controls, 'the server took nothing');
      assert.is(shop.state, 'live');
    }),
  );

  it(
    'takes 3,000 keys, as one batch',
    Shop.test(async (shop) => {
      const flags = new FlagSet('many');
      const names = Array.from({ length: 3_000 }, (_, index) => `flag_${index}`);
      const all = names.map((name) => flags.dynamic(name, string, '', 'One of many.'));
      await shop.put(Object.fromEntries(names.map((name) => [name, 'first'])));
      await using _ = await flags.watch(shop.source());
      const { version } = flags;
      await shop.put(Object.fromEntries(names.map((name) => [name, 'second'])));
      await eventually(() => all.every((flag) => flag.get() === 'second'));
      assert.is(flags.version, version + 1);
    }),
  );

  it(
    'tells who wrote the values, and when, and the revision',
    Shop.test(async (shop) => {
      await shop.watch();
      const before = Date.now();
      const { metadata } = await shop.namespace.putConfigMap('flags', { data: { rate: '20' } }, 'kubectl-edit');
      await eventually(() => shop.rate.get() === 20);
      const [change] = shop.flags.history();
      assert.is(change?.revision, metadata.resourceVersion);
      assert.is(change?.origin?.actor, 'kubectl-edit');
      // The API server gives whole seconds.
      const { writtenAt = 0 } = change?.origin ?? {};
      assert.ok(writtenAt >= before - 1_000 && writtenAt <= Date.now());
    }),
  );

  it(
    'names nobody who only changed a label',
    Shop.test(async (shop) => {
      await shop.namespace.putConfigMap('flags', { data: { rate: '20' } }, 'author');
      const path = `/api/v1/namespaces/${shop.namespace.name}/configmaps/flags?fieldManager=labeller`;
      const labels = { metadata: { labels: { team: 'shop' } } };
      await shop.cluster.api.send('PATCH', path, labels, 'application/merge-patch+json');
      await shop.watch();
      assert.is(shop.flags.history()[0]?.origin?.actor, 'author');
    }),
  );

  it(
    'takes binaryData as bytes, texts without the newline at their end, and no names with a dot in front',
    Shop.test(async (shop) => {
      const seen: (string | Uint8Array)[] = [];
      const bytes = {
        name: 'bytes',
        parse: keep,
        parseBytes: keep,
        format: (value: unknown) => Buffer.from(value as string).toString('hex'),
      };
      shop.flags.dynamic('raw', bytes, '' as unknown, 'Bytes.');
      function keep(raw: string | Uint8Array): unknown {
        if (raw instanceof Uint8Array) seen.push(raw);
        return raw;
      }
      await shop.namespace.putConfigMap('flags', {
        data: { label: 'a\n\n', '.hidden': 'x', nobody: 'x' },
        binaryData: { raw: Buffer.from([0xff, 0x00, 0x0a]).toString('base64') },
      });
      const watcher = await shop.watch();
      assert.is(shop.label.get(), 'a\n');
      assert.equal(watcher.status.unknown, ['nobody']);
      assert.equal(seen, [new Uint8Array([0xff, 0x00, 0x0a])]);
      await shop.namespace.patchConfigMap('flags', { label: 'b' });
      await eventually(() => shop.label.get() === 'b');
      assert.is(seen.length, 1, 'bytes that stay the same are not parsed again');
    }),
  );
});

/** Fills a text up with dots to a size in bytes. */
function filled(text: string, size: number): string {
  return text + '.'.repeat(size - Buffer.byteLength(text));
}
