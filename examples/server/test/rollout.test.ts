import { assert, describe } from '@flagz/test-runner';
import { placeInRollout } from '../src/rollout.ts';

const users = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);

describe('placeInRollout()', (it) => {
  it('always places a user in the same place', () => {
    assert.is(placeInRollout('search', 'a'), placeInRollout('search', 'a'));
  });

  it('stays from 0 up to 100', () => {
    const places = users.map((user) => placeInRollout('search', user));
    assert.ok(places.every((place) => place >= 0 && place < 100));
  });

  it('spreads the users evenly', () => {
    for (const percent of [1, 10, 50, 90]) {
      const inside = users.filter((user) => placeInRollout('search', user) < percent).length / 100;
      assert.ok(Math.abs(inside - percent) < 1.5, `${inside} at ${percent}`);
    }
  });

  it('places the users of another rollout elsewhere', () => {
    const first = users.filter((user) => placeInRollout('search', user) < 50);
    const both = first.filter((user) => placeInRollout('checkout', user) < 50).length / first.length;
    assert.ok(Math.abs(both - 0.5) < 0.03, String(both));
  });
});
