import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';

describe('eventually()', (it) => {
  it('gives the first answer that is neither a throw nor false', async () => {
    let tries = 0;
    const answer = await eventually(async () => {
      tries++;
      if (tries === 1) throw new Error('not yet');
      return tries > 2 && `after ${tries}`;
    });
    assert.is(answer, 'after 3');
  });

  it('takes undefined for an answer', async () => {
    assert.is(await eventually(() => undefined), undefined);
  });

  it('gives up at the deadline, with the last failure', async () => {
    let tries = 0;
    const attempt = eventually(
      () => {
        throw new Error(`try ${++tries}`);
      },
      { withinMs: 40, everyMs: 5 },
    );
    const error = await rejects(attempt, /^not within 40 ms: try \d+$/);
    assert.is((error.cause as Error).message, `try ${tries}`);
    assert.ok(tries > 1);
    await rejects(
      eventually(() => false, { withinMs: 10 }),
      /^not within 10 ms: still false: \(\) ?=> ?false$/,
    );
  });
});
