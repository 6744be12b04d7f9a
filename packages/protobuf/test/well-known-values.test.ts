import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import { everythingType, hex } from './everything.ts';

const URL = 'type.googleapis.com/t.Inner';
const NO_URL = 'any.type_url: expected a URL, with a slash before the name of the type';
const TWO_KINDS = 'multiple values for oneof kind';
const NOT_FINITE = 'neither NaN nor infinite numbers fit in JSON';

describe('a message that a program makes', (it) => {
  const refusals: readonly (readonly [what: string, value: object, reason: string])[] = [
    ['two members of a oneof', { leftSide: '', rightSide: {} }, 'rightSide: multiple values for oneof side'],
    [
      'two members of one in a list',
      { list: { values: [{ nullValue: 0 }, { stringValue: 'a', boolValue: true }] } },
      `list.values[1].boolValue: ${TWO_KINDS}`,
    ],
    [
      'a Value of null and text',
      { anyValue: { nullValue: null, stringValue: 'a' } },
      `anyValue.stringValue: ${TWO_KINDS}`,
    ],
    ['a Value of undefined', { anyValue: { numberValue: undefined } }, 'anyValue.numberValue: expected a value'],
    ['a Value of a text that is null', { anyValue: { stringValue: null } }, 'anyValue.stringValue: expected a value'],
    ['a Value of nothing', { anyValue: {} }, 'anyValue: expected a value'],
    ['a Value of the name of its kind', { anyValue: { kind: 'numberValue' } }, 'anyValue: expected a value'],
    ['a Value of nothing in a list', { list: { values: [{ nullValue: 0 }, {}] } }, 'list.values[1]: expected a value'],
    ['a Value of nothing in a Struct', { tree: { fields: { 'a.b': {} } } }, 'tree.fields["a.b"]: expected a value'],
    ['NaN in a Value', { anyValue: { numberValue: NaN } }, `anyValue.numberValue: ${NOT_FINITE}`],
    [
      'Infinity in a Struct',
      { tree: { fields: { 'a.b': { listValue: { values: [{ numberValue: Infinity }] } } } } },
      `tree.fields["a.b"].listValue.values[0].numberValue: ${NOT_FINITE}`,
    ],
    ['an Any without its type', { any: { value: hex('0805') } }, NO_URL],
    ['an Any with a name for a URL', { any: { type_url: 't.Inner' } }, NO_URL],
    ['an Any of an unknown type', { any: { type_url: 'x/nope' } }, 'any.type_url: the schema has no type "nope"'],
    ['an Any with an unknown field', { any: { type_url: URL, value: hex('f80601') } }, 'any: unknown field 111'],
    ['an Any cut short', { any: { type_url: URL, value: hex('12 05') } }, 'any.name: truncated'],
    ['an Any with a field twice', { any: { type_url: URL, value: hex('08050806') } }, 'any.max_rate: given twice'],
    ['a Timestamp out of range', { at: { seconds: -62_135_596_801 } }, 'at: Timestamp out of range'],
    ['a Duration of mixed signs', { lasts: { seconds: 1, nanos: -1 } }, 'lasts: Duration nanos invalid'],
    ['a mask that JSON cannot hold', { mask: { paths: ['a_B'] } }, 'mask: FieldMask path does not round-trip'],
    ['a mask with a comma', { mask: { paths: ['a', 'a,b'] } }, 'mask.paths[1]: JSON cannot hold this path'],
    ['a mask of nothing', { mask: { paths: [''] } }, 'mask.paths[0]: JSON cannot hold this path'],
    ['a mask with a space', { mask: { paths: [' a'] } }, 'mask.paths[0]: JSON cannot hold this path'],
    [
      'a mask with a comma in a list',
      { masks: [{}, { paths: ['a,b', ''] }] },
      'masks[1].paths[0]: JSON cannot hold this path',
    ],
  ];
  for (const [what, value, reason] of refusals) {
    it(`is held to what text and the binary form are: ${what}`, () => {
      const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), { text: 'x' }, '');
      const { message } = throws(() => flag.set(value), FlagError);
      assert.is(message, `flag "p": expected a message of t.Everything: ${reason}`);
      assert.is(flag.text, '{"text":"x"}');
    });
  }

  it('may hold well-known types, and nothing in them', () => {
    const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), {}, '');
    const values: readonly (readonly [value: object, text: string])[] = [
      [{ leftSide: undefined, rightSide: {} }, '{"right_side":{}}'],
      [{ any: {}, at: {} }, '{"any":{},"at":"1970-01-01T00:00:00Z"}'],
      [{ anyValue: null, list: {}, tree: {} }, '{"list":[],"tree":{}}'],
      [{ anyValue: { nullValue: null } }, '{"any_value":null}'],
      [{ anyValue: { kind: 'numberValue', numberValue: 1 }, dbl: NaN }, '{"any_value":1,"dbl":"NaN"}'],
      [{ mask: { paths: ['a_b.c', 'd'] } }, '{"mask":"aB.c,d"}'],
      [{ mask: { paths: [] } }, '{"mask":""}'],
      [{ any: { type_url: URL } }, `{"any":{"@type":"${URL}"}}`],
    ];
    for (const [value, text] of values) {
      flag.set(value);
      assert.is(flag.text, text);
    }
  });

  it('may hold what was read leniently, and is not more lenient otherwise', () => {
    const type = proto3<{ any?: object }>(everythingType(), { allowUnknownFields: true });
    const flag = new FlagSet('s').dynamic('p', type, {}, '');
    const read = type.parseBytes?.(hex(`f201 24 0a 1b ${Buffer.from(URL).toString('hex')} 12 05 0805 f80601`)) ?? {};
    flag.set({ ...read });
    assert.is(flag.text, `{"any":{"@type":"${URL}","max_rate":5}}`);
    throws(() => flag.set({ any: { type_url: URL, value: hex('08050806') } }), /: any\.max_rate: given twice$/);
  });
});
