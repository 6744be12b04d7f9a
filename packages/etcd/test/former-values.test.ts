import { assert, describe } from '@flagz/test-runner';
import { FormerValues } from '../src/former-values.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('FormerValues', (it) => {
  it('tells when a value comes back', () => {
    const former = new FormerValues();
    assert.is(former.changed('rate', bytes('bad'), bytes('good')), false);
    assert.is(former.changed('rate', bytes('good'), bytes('bad')), true);
    assert.is(former.changed('rate', bytes('other'), bytes('good')), false);
  });

  it('tells long ones apart, and by every byte', () => {
    const long = (last: number): Uint8Array => new Uint8Array(65).fill(last, 64);
    const former = new FormerValues();
    former.changed('rate', long(2), long(1));
    assert.is(former.changed('rate', long(3), long(2)), false);
    assert.is(former.changed('rate', long(2), long(3)), true);
    former.changed('rate', bytes('bad'), new Uint8Array([0xff]));
    assert.is(former.changed('rate', new Uint8Array([0xfe]), bytes('bad')), false);
  });

  it('takes no value for one that comes back which is written twice, deleted, or was held two changes before', () => {
    const former = new FormerValues();
    former.changed('rate', bytes('bad'), bytes('good'));
    assert.is(former.changed('rate', bytes('bad'), bytes('bad')), false);
    assert.is(former.changed('rate', undefined, bytes('bad')), false);
    assert.is(former.changed('rate', bytes('good'), undefined), false);
  });

  it('knows none of another key, nor of before it forgot', () => {
    const former = new FormerValues();
    former.changed('rate', bytes('bad'), bytes('good'));
    assert.is(former.changed('label', bytes('good'), bytes('x')), false);
    former.clear();
    assert.is(former.changed('rate', bytes('good'), bytes('bad')), false);
  });

  it('knows one for a minute', () => {
    for (const [later, isKnown] of [
      [60_000, true],
      [60_001, false],
    ] as const) {
      const former = new FormerValues();
      former.changed('rate', bytes('bad'), bytes('good'), 5);
      former.changed('label', bytes('b'), bytes('a'), 5);
      former.changed('label', bytes('c'), bytes('b'), 40_000);
      former.forget(5 + later);
      assert.is(former.changed('rate', bytes('good'), bytes('bad'), 5 + later), isKnown);
      assert.is(former.changed('label', bytes('b'), bytes('c'), 5 + later), true);
    }
  });
});
