import { assert, describe } from '@flagz/test-runner';
import type { IRangeResponse } from 'etcd3';
import { PageSize } from '../src/page-size.ts';

/** Is a page of so many keys of so many bytes, of which etcd's own count for 50. */
function page(keys: number, bytes: number): IRangeResponse {
  const kv = { key: Buffer.alloc(0), value: Buffer.alloc(bytes - 50) };
  return { kvs: Array.from({ length: keys }, () => kv) } as unknown as IRangeResponse;
}

/** Loads in pages of keys of 1 kB from whoever refuses pages above a size; gives what was asked for, refused ones negative. */
function load(size: PageSize, keys: number, mostKeys: number): number[] {
  const asked: number[] = [];
  size.begin(1);
  for (let left = keys; left > 0;) {
    let ask = Math.min(left, size.keys);
    for (; ask > mostKeys; ask = size.refused(ask)) asked.push(-ask);
    asked.push(ask);
    size.came(page(ask, 1_000), 1);
    left -= ask;
  }
  size.done();
  return asked;
}

describe('PageSize', (it) => {
  it('asks for four megabytes where the link is quick', () => {
    assert.equal(load(new PageSize(), 12_500, Infinity), [500, 4_000, 4_000, 4_000]);
  });

  it('asks for what takes half a second besides what any answer takes, and not for less than 200 kB', () => {
    const size = new PageSize();
    for (const [latency, ms, keys] of [
      [0, 250, 1_000],
      [600, 850, 1_000],
      [600, 601, 4_000],
      [0, 5_000, 200],
      [900, 800, 4_000],
    ] as const) {
      size.begin(latency);
      size.came(page(500, 1_000), ms);
      assert.is(size.keys, keys);
    }
  });

  it('asks for at most 10,000 keys, and for at least one', () => {
    const size = new PageSize();
    size.begin(0);
    size.came(page(500, 60), 1);
    assert.is(size.keys, 10_000);
    size.begin(0);
    size.came(page(3, 9_000_000), 1);
    assert.is(size.keys, 1);
  });

  it('does not ask again and again for what was refused', () => {
    const asked = load(new PageSize(), 20_000, 900);
    const refused = asked.filter((keys) => keys < 0).length;
    assert.ok(refused <= 12 && asked.length <= 50, asked.join(' '));
  });

  it('asks for a quarter after a page that was late, also in the next load, and for more again as pages come', () => {
    const size = new PageSize();
    size.begin(0);
    size.late();
    size.late();
    size.begin(0);
    assert.is(size.keys, 31);
    size.came(page(31, 1_000), 1);
    assert.is(size.keys, 312);
    const asked = load(size, 60_000, Infinity);
    assert.is(asked[0], 31);
    assert.is(asked.at(-2), 4_000);
    size.begin(0);
    assert.is(size.keys, 124);
    for (let more = 0; more < 30; more++) size.late();
    assert.is(size.keys, 1);
  });
});
