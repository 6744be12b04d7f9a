import { FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';

const SCHEMA = `
  syntax = "proto3";
  import "google/protobuf/any.proto";
  import "google/protobuf/wrappers.proto";
  message M {
    float one = 1; repeated float some = 2; map<string, float> named = 3; double wide = 4; M inner = 5;
    google.protobuf.FloatValue boxed = 6; repeated google.protobuf.FloatValue boxes = 7;
    map<string, google.protobuf.FloatValue> named_boxes = 8; google.protobuf.Any any = 9; string text = 10;
  }`;
const LARGEST = '3.4028234663852886e+38';

function floats(): protobuf.Type {
  const { root } = protobuf.parse(SCHEMA);
  for (const name of ['any', 'wrappers'])
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  return root.lookupType('M');
}

/** Gives a message with a number in each place that a float may have. */
const everywhere = (number: string): readonly string[] => [
  `{"one":${number}}`,
  `{"some":[1,${number}]}`,
  `{"named":{"__proto__":${number},"a":1}}`,
  `{"inner":{"one":${number}}}`,
  `{"boxed":${number}}`,
  `{"boxes":[1,${number}]}`,
  `{"named_boxes":{"a":${number}}}`,
  `{"any":{"@type":"x/M","one":${number}}}`,
  `{"any":{"@type":"x/google.protobuf.FloatValue","value":${number}}}`,
  `{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/M","some":[${number}]}}}`,
];

describe('a float of proto3()', (it) => {
  const type = proto3<object>(floats());

  for (const number of ['3.4028235e38', '"3.4028235E+38"', '340282350000000000000000000000000000000', LARGEST]) {
    it(`takes ${number} for the largest one, wherever it stands`, () => {
      for (const text of everywhere(number)) {
        const canonical = text.replace(number, LARGEST);
        assert.is(type.format(type.parse(text)), canonical);
        assert.is(type.format(type.parse(canonical)), canonical);
      }
    });
  }

  it('takes the largest negative one, and leaves a double and a text as they are', () => {
    assert.is(type.format(type.parse('{"one":-3.4028235e38}')), `{"one":-${LARGEST}}`);
    const text = '{"text":"3.4028235e38","wide":3.4028235e+38}';
    assert.is(type.format(type.parse(text)), text);
  });

  it('takes it from a program', () => {
    const flag = new FlagSet('s').dynamic('p', type, {}, '');
    flag.set({ one: 3.4028235e38, boxed: { value: -3.4028235e38 } });
    assert.is(flag.text, `{"boxed":-${LARGEST},"one":${LARGEST}}`);
  });

  it('refuses what rounds to infinity, and what is no number', () => {
    for (const text of [...everywhere('3.4028235678e38'), ...everywhere('"-1e39"')])
      throws(() => type.parse(text), /: out of range for float$/);
    for (const text of ['"0xffffff00000000000000000000000000"', '" 3.4028235e38"', '"3.4028235e38.0"', '""'])
      throws(() => type.parse(`{"one":${text}}`), 'expected ProtoJSON of M: one: invalid number');
  });

  it('names the place of another fault behind it', () => {
    throws(() => type.parse('{"some":[3.4028235e38,"x"]}'), 'expected ProtoJSON of M: some[1]: invalid number');
    throws(
      () => type.parse('{"named":{"a":3.4028235e38,"b":1e39}}'),
      'expected ProtoJSON of M: named.b: out of range for float',
    );
  });
});
