import { assert, describe, rejects, throws } from '../src/index.ts';
import type { ErrorMatcher } from '../src/index.ts';

const error = new RangeError('too far');

const accepting: [string, ErrorMatcher][] = [
  ['the whole message', 'too far'],
  ['a pattern', /far$/],
  ['the class', RangeError],
  ['a base class', Error],
  ['a function', (thrown) => thrown === error],
];

const refusing: [string, ErrorMatcher, string][] = [
  ['a part of the message', 'far', "expected the message 'far', got RangeError: too far"],
  ['another pattern', /near/, 'expected a message like /near/, got RangeError: too far'],
  ['another class', TypeError, 'expected TypeError, got RangeError: too far'],
  ['a function that says no', () => false, 'expected an error that the function accepts, got RangeError: too far'],
];

describe('rejects()', (it) => {
  for (const [name, matcher] of accepting) {
    it(`gives the error that matches ${name}`, async () => {
      assert.is(await rejects(Promise.reject(error), matcher), error);
    });
  }
  for (const [name, matcher, message] of refusing) {
    it(`refuses ${name}`, async () => {
      await rejects(rejects(Promise.reject(error), matcher), message);
    });
  }
  it('refuses a promise that resolves', async () => {
    await rejects(
      rejects(Promise.resolve(1), /x/),
      'expected a rejection with a message like /x/, but the promise resolved to 1',
    );
  });
  it('refuses what is not an Error', async () => {
    await rejects(rejects(Promise.reject('text'), /text/), "expected an Error, got 'text'");
  });
});

describe('throws()', (it) => {
  const fail = (): never => {
    throw error;
  };
  for (const [name, matcher] of accepting) {
    it(`gives the error that matches ${name}`, () => assert.is(throws(fail, matcher), error));
  }
  for (const [name, matcher, message] of refusing) {
    it(`refuses ${name}`, () => void throws(() => throws(fail, matcher), message));
  }
  it('refuses a function that returns a promise', () => {
    throws(
      () => throws(() => Promise.resolve(), Error),
      /expected a throw of Error, but the function returned Promise/,
    );
  });
});
