import { assert, describe, rejects } from '../src/index.ts';

describe('smoke', (it) => {
  it('runs', () => assert.is(1, 1));
  it.skip('skips', 'no etcd here', () => {});
  it('rejects', async () => {
    await rejects(Promise.reject(new TypeError('x')), TypeError);
  });
});
