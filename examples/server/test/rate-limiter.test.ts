import { assert, describe } from '@flagz/test-runner';
import { RateLimiter } from '../src/rate-limiter.ts';

/** Makes a limiter with a clock that the test moves, and counts what it lets through at once. */
function limiterOf(perSecond: number) {
  const clock = { ms: 0 };
  const limiter = new RateLimiter(perSecond, () => clock.ms);
  const burst = (): number => {
    let count = 0;
    while (limiter.take()) count++;
    return count;
  };
  return { clock, limiter, burst };
}

describe('RateLimiter', (it) => {
  it('lets one second through at once, and then as time passes', () => {
    const { clock, burst } = limiterOf(10);
    assert.is(burst(), 10);
    assert.is(burst(), 0);
    clock.ms += 250;
    assert.is(burst(), 2);
    clock.ms += 60_000;
    assert.is(burst(), 10);
  });

  it('takes a lower rate at once', () => {
    const { limiter, burst } = limiterOf(10);
    limiter.retune(3);
    assert.is(burst(), 3);
  });

  it('gives nothing away when the rate rises', () => {
    const { clock, limiter, burst } = limiterOf(10);
    burst();
    limiter.retune(100);
    assert.is(burst(), 0);
    clock.ms += 100;
    assert.is(burst(), 10);
  });
});
