import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import { countCalls } from './count-calls.ts';

const FIELDS = Array.from({ length: 300 }, (_, index) => `string text_${index} = ${index + 10};`).join(' ');
const SCHEMA = `syntax = "proto3"; message M { repeated M list = 1; map<string, int32> map = 2; int32 x = 3; ${FIELDS} }`;

/** Counts the fields that are looked at while something is done. */
const countLooks = (act: () => void): number => countCalls(protobuf.Field.prototype, 'resolve', act);

describe('a message of many fields', (it) => {
  const type = proto3(protobuf.parse(SCHEMA).root.lookupType('M'));
  const items = Array.from({ length: 500 }, () => '{"x":1}').join(',');
  const entries = Array.from({ length: 500 }, (_, index) => `"k${index}":1`).join(',');

  it('is written without a look at those that are not there', () => {
    const value = type.parse(`{"list":[${items}]}`);
    assert.is(
      countLooks(() => type.format(value)),
      500,
    );
  });

  it('is searched for its fault without a look at each', () => {
    type.parse('{"x":1}');
    for (const [text, reason] of [
      [`{"list":[${items},{"x":"a"}]}`, 'list[500].x: invalid integer'],
      [`{"map":{${entries},"z":"a"}}`, 'map.z: invalid integer'],
    ] as const) {
      const looks = countLooks(() => throws(() => type.parse(text), `expected ProtoJSON of M: ${reason}`));
      assert.ok(looks < 10_000, `${looks}`);
    }
  });
});
