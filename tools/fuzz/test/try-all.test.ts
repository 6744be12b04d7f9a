import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { SEED, tryAll, tryAllAsync } from '@flagz/fuzz';
import fc from 'fast-check';

const pollute = (key: string): void => {
  if (key.length > 2) Object.assign(Object.prototype, { [key]: 'polluted' });
};
const keys = fc.string({ unit: fc.constantFrom('x'), maxLength: 9 });
const REPORT = new RegExp(`\\{ seed: ${SEED}, path: "[\\d:]+".*\\}\\nCounterexample: \\["xxx"\\]`, 's');
const ADDED = 'prototypes have changed: Object.xxx was added';

describe('tryAll()', (it) => {
  it('reports the smallest input that pollutes a prototype, with its seed and what was added', () => {
    const error = throws(() => tryAll(keys, pollute), REPORT);
    assert.is((error.cause as Error).message, ADDED);
    assert.not.ok('xxx' in {});
  });

  it('does so where each attempt takes its time', async () => {
    const error = await rejects(
      tryAllAsync(keys, async (key) => {
        await Promise.resolve();
        pollute(key);
      }),
      REPORT,
    );
    assert.is((error.cause as Error).message, ADDED);
    assert.not.ok('xxx' in {});
  });

  it('puts back what was replaced or removed, and keeps the error of the attempt as the cause', () => {
    const { at, map } = Array.prototype;
    const refused = new Error('refused');
    const attempt = (): never => {
      Object.assign(Array.prototype, { at: () => 'polluted' });
      Reflect.deleteProperty(Array.prototype, 'map');
      throw refused;
    };
    const error = throws(() => tryAll(fc.constant('x'), attempt), /Property failed after 1 tests/);
    const reason = error.cause as Error;
    assert.is(reason.message, 'prototypes have changed: Array.at was replaced, Array.map was removed');
    assert.is(reason.cause, refused);
    assert.is(Array.prototype.at, at);
    assert.is(Array.prototype.map, map);
  });
});
