import { isDeepStrictEqual } from 'node:util';
import { assert, describe } from '@flagz/test-runner';
import { Page, StoredValue, leaseOf } from '../src/stored-value.ts';

/** Makes keys as they come: views of one page. */
function receive(...values: readonly Uint8Array[]) {
  const memory = Buffer.concat([Buffer.from([0x80, 0xff]), ...values]);
  let end = 2;
  return values.map(({ length }) => {
    const value = memory.subarray(end, (end += length));
    const nothing = Buffer.alloc(0);
    return { key: nothing, value, mod_revision: '7', lease: '0', create_revision: '1', version: '1' };
  });
}

const texts = ['rate=1', '', 'größer', 'x'.repeat(1_000), '\0\x7f', '🎛'];

describe('StoredValue', (it) => {
  for (const [what, inPage] of [
    ['a view of its page', true],
    ['a copy', false],
  ] as const)
    it(`is its bytes and their text, as ${what}`, () => {
      const kvs = receive(...texts.map((text) => Buffer.from(text)));
      const page = inPage ? new Page({ kvs }) : undefined;
      const values = kvs.map((kv) => new StoredValue(kv, page));
      assert.equal(
        values.map((value) => value.text),
        texts,
      );
      assert.ok(values.every((value, index) => Buffer.from(texts[index] as string).equals(value)));
      assert.equal(
        values.map(({ buffer }) => buffer === kvs[0]?.value.buffer),
        texts.map(() => inPage),
      );
      assert.ok(values.every((value) => value.text === value.text && value.modRevision === 7n));
    });

  it('gives the text of a view of another memory than its page', () => {
    const [kv] = receive(Buffer.from('one'));
    const [other] = receive(Buffer.from('two'));
    assert.ok(kv && other);
    assert.is(new StoredValue(other, new Page({ kvs: [kv] })).text, 'two');
  });

  it('has no text where it is not UTF-8', () => {
    const [kv] = receive(Buffer.from([0x61, 0xc3]));
    assert.ok(kv);
    for (const page of [undefined, new Page({ kvs: [kv] })]) assert.is(new StoredValue(kv, page).text, undefined);
  });

  it('is plain bytes to whoever gets it', () => {
    const [kv] = receive(Buffer.from('abc'));
    assert.ok(kv);
    const value = new StoredValue({ ...kv, lease: '3' });
    assert.is(JSON.stringify(value), '{"0":97,"1":98,"2":99}');
    assert.ok(isDeepStrictEqual(value, new StoredValue(kv)));
    for (const part of [value.subarray(1), value.slice(1), value.map((byte) => byte), structuredClone(value)]) {
      assert.is(Object.getPrototypeOf(part), Uint8Array.prototype);
      assert.is(leaseOf(part), '0');
    }
    assert.is(new (value.constructor as Uint8ArrayConstructor)(2).length, 2);
  });

  it('is what was read as long as revision, bytes and lease are the same', () => {
    const [kv] = receive(Buffer.from('abc'));
    assert.ok(kv);
    const value = new StoredValue(kv);
    assert.ok(value.isSameAs({ ...kv, value: Buffer.from('abc') }));
    for (const other of [{ value: Buffer.from('abd') }, { mod_revision: '8' }, { lease: '3' }])
      assert.not.ok(value.isSameAs({ ...kv, ...other }));
    assert.is(leaseOf(new StoredValue({ ...kv, lease: '3' })), '3');
  });
});
