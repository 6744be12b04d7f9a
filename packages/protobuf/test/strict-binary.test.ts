import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { everythingType, hex } from './everything.ts';

const URL = '0a 1b 747970652e676f6f676c65617069732e636f6d2f742e496e6e6572';

describe('proto3() on the binary form', (it) => {
  const refusals: readonly (readonly [what: string, bytes: string, reason: string])[] = [
    ['both members of a oneof', 'ca01 01 61 d201 00', 'right_side: multiple values for oneof side'],
    ['two documents, one after the other', '08 01 08 02', 'i32: given twice'],
    ['a message given in two parts', 'a201 02 0801 a201 02 0802', 'inner: given twice'],
    ['a varint beyond int32', '08 80808080 20', 'i32: out of range for int32'],
    ['a varint beyond 64 bits', '08 80808080808080808002', 'i32: a number of more than 64 bits'],
    ['a varint beyond uint32', '10 80808080 20', 'u32: out of range for uint32'],
    ['a varint beyond sint32', '18 80808080 20', 's32: out of range for sint32'],
    ['an enum beyond int32', '8001 80808080 20', 'kind: out of range for an enum'],
    ['a packed one', '8a01 06 01 80808080 20', 'kinds[1]: out of range for an enum'],
    ['an item after a packed list', '9201 01 05 9001 8080808020', 'nums[1]: out of range for int32'],
    ['a boolean of two', '58 02', 'yes: out of range for bool'],
    ['an unknown field', 'f806 01', 'unknown field 111'],
    ['an unknown field inside', 'a201 05 1a 03 f80601', 'inner.inner: unknown field 111'],
    ['a field of another kind', '0a 01 61', 'i32: of another kind than in the schema'],
    ['a text that is none', '62 01 ff', 'text: not UTF-8'],
    ['a truncated text', '62 05 61', 'text: truncated'],
    ['a truncated message inside', 'a201 03 0801 12', 'inner.name: truncated'],
    ['a length beyond the message', 'a201 02 12 05 6161616161', 'inner.name: truncated'],
    ['a truncated number', '25 01', 'f32: truncated'],
    ['field zero', '00 01', 'not a field number'],
    ['a list item that is none', 'aa01 00 aa01 02 1807', 'inners[1].inner: of another kind than in the schema'],
    ['an unknown field in a map', 'b201 08 0a 03 612e62 12 01 08', 'by_name["a.b"].max_rate: truncated'],
    ['a key of a map given twice', 'b201 03 0a0161 b201 03 0a0161', 'by_name.a: given twice'],
    ['a map entry of two values', 'b201 04 1200 1200', 'by_name: an entry with two values'],
    [
      'a forged key',
      'b201 0c 0a 06 610a1b5b306d 12 02 1801',
      'by_name["a\\n\\u001b[0m"].inner: of another kind than in the schema',
    ],
    [
      'an Any without its type',
      'f201 04 12 02 0805',
      'any.@type: expected a URL, with a slash before the name of the type',
    ],
    ['an Any of an unknown type', 'f201 05 0a 03 2f610a', 'any.@type: the schema has no type "a\\n"'],
    ['an unknown field in an Any', `f201 22 ${URL} 12 03 f80601`, 'any: unknown field 111'],
    ['a wrong field in an Any', `f201 21 ${URL} 12 02 1801`, 'any.inner: of another kind than in the schema'],
    ['a timestamp out of range', '9a02 07 08 ffffffffff7f', 'at: Timestamp out of range'],
    ['a duration of mixed signs', 'fa01 0d 08 01 10 ffffffffffffffffff01', 'lasts: Duration nanos invalid'],
    ['a mask with a comma', '8202 05 0a 03 612c62', 'mask.paths[0]: JSON cannot hold this path'],
    ['a mask of nothing', '8202 05 0a 01 61 0a 00', 'mask.paths[1]: JSON cannot hold this path'],
    ['a mask that JSON cannot hold', '8202 05 0a 03 615f42', 'mask: FieldMask path does not round-trip'],
    [
      'a number that JSON cannot hold',
      '9202 09 11 000000000000f07f',
      'any_value.number_value: neither NaN nor infinite numbers fit in JSON',
    ],
    ['a Value of nothing', '9202 00', 'any_value: expected a value'],
    ['a Value of nothing in a list', 'b202 06 0a 02 0800 0a 00', 'list.values[1]: expected a value'],
    ['a Value of nothing in a Struct', '8a02 07 0a 05 0a0161 1200', 'tree.fields.a: expected a value'],
    ['an entry of a Struct without a Value', '8a02 05 0a 03 0a0161', 'tree.fields.a: expected a value'],
    ['a list of Values with one of nothing', 'da02 02 0800 da02 00', 'values[1]: expected a value'],
    [
      'a Value of nothing in an Any',
      `f201 19 0a 17 ${Buffer.from('x/google.protobuf.Value').toString('hex')}`,
      'any: expected a value',
    ],
  ];
  for (const [what, bytes, reason] of refusals) {
    it(`refuses ${what}`, () => {
      const { message } = throws(() => proto3(everythingType()).parseBytes?.(hex(bytes)), Error);
      assert.is(message, `expected the binary form of t.Everything: ${reason}`);
    });
  }

  it('refuses messages nested without end', () => {
    let bytes = hex('08 01');
    const { Writer } = protobuf;
    for (let level = 0; level < 500; level++) bytes = Writer.create().uint32(0x1a).bytes(bytes).finish();
    const outer = Writer.create().uint32(0xa2).bytes(bytes).finish();
    throws(
      () => proto3(everythingType()).parseBytes?.(outer),
      /: inner(?:\.inner){15}…: nested deeper than 100 levels$/,
    );
  });

  it('takes a message of 16 MiB, also in base64', () => {
    const message = everythingType();
    const type = proto3<{ raw?: Uint8Array }>(message);
    const bytes = message.encode({ raw: new Uint8Array(2 ** 24) }).finish();
    const text = `base64:${Buffer.from(bytes).toString('base64')}`;
    for (const value of [type.parse(text), type.parseBytes?.(bytes), type.parseBytes?.(new TextEncoder().encode(text))])
      assert.is(value?.raw?.length, 2 ** 24);
    throws(() => type.parse(`${text}A`), 'expected standard base64 after base64:');
  });

  it('takes and drops only what is unknown, where it is told to', () => {
    const type = proto3(everythingType(), { allowUnknownFields: true });
    const read = (bytes: string): string => type.format(type.parseBytes?.(hex(bytes)) as object);
    assert.is(read('f806 01 08 05 fb06 0801 fc06'), '{"i32":5}');
    assert.is(read('0a 01 61'), '{}', 'of another kind');
    assert.is(read(`f201 22 ${URL} 12 03 f80601`), '{"any":{"@type":"type.googleapis.com/t.Inner"}}');
    throws(() => read('9202 03 f80601'), /: any_value: expected a value$/);
    throws(() => read('9202 02 0a00'), /: any_value: expected a value$/);
    throws(() => read('f806 01 08 01 08 02'), /: i32: given twice$/);
    throws(() => read('f806 01 08 8080808020'), /: i32: out of range for int32$/);
  });

  const groups: readonly (readonly [where: string, bytes: string, path: string])[] = [
    ['outside', 'c302 cc02', ''],
    ['in a message', 'a201 02 4b 54', 'inner: '],
    ['in a group', 'a201 06 4b 53 5c 5c 54 4c', 'inner: '],
    ['for a field of another kind', 'a201 02 0b 14', 'inner.max_rate: '],
    ['in an entry of a map', 'b201 05 0a0161 4b 54', 'by_name: '],
    ['in an Any', `f201 21 ${URL} 12 02 4b 54`, 'any: '],
  ];
  for (const [where, bytes, path] of groups) {
    it(`refuses a group with the end of another, ${where}, also among unknown fields`, () => {
      const type = proto3(everythingType(), { allowUnknownFields: true });
      const { message } = throws(() => type.parseBytes?.(Uint8Array.of(0x98, 0x7d, 0xff, 0x01, ...hex(bytes))), Error);
      assert.is(message, `expected the binary form of t.Everything: ${path}a group that ends as another`);
    });
  }

  it('takes and drops groups in groups', () => {
    const type = proto3<object>(everythingType(), { allowUnknownFields: true });
    assert.is(type.format(type.parseBytes?.(hex('a201 08 4b 53 5b 5c 54 4c 0805')) ?? {}), '{"inner":{"max_rate":5}}');
  });

  it('takes whatever protobufjs writes, and reads it as the same value', () => {
    const message = everythingType();
    const type = proto3<object>(message);
    const inner = fc.record({
      max_rate: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      name: fc.string({ unit: 'binary' }),
    });
    const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    const json = fc.record(
      {
        i32: fc.integer(), u32: fc.nat(), s32: fc.integer(), f32: fc.nat(), sf32: fc.integer(), i64: long, s64: long, sf64: long,
        u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String), yes: fc.boolean(), text: fc.string({ unit: 'binary' }),
        raw: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')), dbl: fc.double({ noNaN: true, noDefaultInfinity: true }), kind: fc.constantFrom('NONE', 'ONE', 7, -1),
        kinds: fc.array(fc.constantFrom('NONE', 'ONE', -7)), nums: fc.array(fc.integer()), texts: fc.array(fc.string()),
        inner, inners: fc.array(inner), by_name: fc.dictionary(fc.string({ unit: 'binary' }), inner), maybe: fc.integer(),
        by_number: fc.dictionary(long, fc.string()), by_truth: fc.dictionary(fc.constantFrom('true', 'false'), fc.constant('ONE')),
        right_side: inner, lasts: fc.constantFrom('1s', '-1.500s'), mask: fc.constantFrom('a', 'fooBar,b'), at: fc.constant('2020-01-01T00:00:00Z'),
        tree: fc.constantFrom({}, { a: [1, null, { b: 'x' }] }), any_value: fc.jsonValue(), wrapped: long, list: fc.constant([1]),
        any: inner.map((members) => ({ '@type': 'type.googleapis.com/t.Inner', ...members })),
      },
      { requiredKeys: [] },
    ); // prettier-ignore
    fc.assert(
      fc.property(json, (members) => {
        const text = JSON.stringify(members);
        const value = type.parse(text.replaceAll('-0,', '0,'));
        const bytes = message.encode(value).finish();
        const again = bytes.length === 0 ? value : type.parse(`base64:${Buffer.from(bytes).toString('base64')}`);
        assert.is(type.format(again), type.format(value));
        if (bytes.length > 0) assert.is(type.format(type.parseBytes?.(bytes) as object), type.format(value));
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
