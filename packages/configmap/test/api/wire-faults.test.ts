import { SourceError } from '@flagz/core';
import { assert, describe, throws } from '@flagz/test-runner';
import { parseList } from '../../src/api/config-map-list.ts';
import { readConfigMap } from '../../src/api/config-map.ts';
import { readEvent } from '../../src/api/watch-event.ts';

/** What a JSON object can say of itself, so that nobody can turn it into text. */
const MUTE = '{"toString":1,"valueOf":1}';
const NAMED = { namespace: 'shop', name: 'flags' };

describe('an answer of the API server in which a field is of the wrong kind', (it) => {
  const faults: readonly (readonly [title: string, read: () => unknown, message: RegExp])[] = [
    ['the type of an event', () => readEvent(`{"type":${MUTE}}`), /unknown type "an object"$/],
    [
      'the words of an error',
      () => readEvent(`{"type":"ERROR","object":{"code":${MUTE},"reason":null,"message":[]}}`),
      /ended the watch: an object null: an object$/,
    ],
    [
      'the kind of an object',
      () => readConfigMap({ kind: JSON.parse(MUTE) as unknown }, NAMED, undefined),
      /: an object "/,
    ],
    [
      'the name of an object',
      () => readConfigMap({ metadata: { name: JSON.parse(MUTE) as unknown } }, NAMED, undefined),
      /: ConfigMap "undefined\/an object"$/,
    ],
    [
      'the kind of a list',
      () => parseList(Buffer.from(`{"kind":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)),
      /answered with an object/,
    ],
  ];
  for (const [title, read, message] of faults) {
    it(`is refused as what it is: ${title}`, () => assert.match(throws(read, SourceError).message, message));
  }

  it('is shown as far as a log line can use it', () => {
    const long = 'x'.repeat(1_000_000);
    for (const line of [`{"type":"${long}"}`, `{"type":"ERROR","object":{"message":"${long}"}}`]) {
      assert.ok(throws(() => readEvent(line), SourceError).message.length < 1_200);
    }
  });
});
