import { FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import { everythingType } from './everything.ts';

const ANY = 'type.googleapis.com';

describe('proto3() on ProtoJSON', (it) => {
  const refusals: readonly (readonly [text: string, reason: string])[] = [
    ['{"i64":9007199254740993}', 'i64: beyond 2^53: write it in quotes, and in plain digits'],
    ['{"u64":1e18}', 'u64: beyond 2^53: write it in quotes, and in plain digits'],
    ['{"i64":"9007199254740993.0"}', 'i64: beyond 2^53: write it in quotes, and in plain digits'],
    ['{"i64":"9007199254740991.4"}', 'i64: not an integer'],
    ['{"u64":"4503599627370497.3"}', 'u64: not an integer'],
    ['{"i64":"1e-400"}', 'i64: not an integer'],
    ['{"i64":"10.00000000000000000001e1"}', 'i64: not an integer'],
    ['{"wrapped":"-4503599627370497.3"}', 'wrapped: not an integer'],
    ['{"i32":"2147483647.00000001"}', 'i32: not an integer'],
    ['{"u32":"1e-400"}', 'u32: not an integer'],
    ['{"nums":["0","-1e-400"]}', 'nums[1]: not an integer'],
    ['{"i64":"1.5"}', 'i64: not an integer'],
    ['{"i64":"1e99999"}', 'i64: beyond 2^53: write it in quotes, and in plain digits'],
    ['{"wrapped":9007199254740993}', 'wrapped: beyond 2^53: write it in quotes, and in plain digits'],
    ['{"raw":"AQJ="}', 'raw: invalid base64'],
    ['{"raw":"AQI=="}', 'raw: invalid base64'],
    ['{"wrapped_raw":"AR=="}', 'wrapped_raw: invalid base64'],
    ['{"any":{"max_rate":5}}', 'any.@type: expected the type of what is in the Any'],
    [`{"any":{"@type":"${ANY}/nope.X\\nFORGED"}}`, 'any.@type: the schema has no type "nope.X\\nFORGED"'],
    ['{"any":{"@type":"x/"}}', 'any.@type: the schema has no type ""'],
    ['{"any":{"@type":"x/t"}}', 'any.@type: the schema has no type "t"'],
    ['{"any":{"@type":"x/Inner"}}', 'any.@type: the schema has no type "Inner"'],
    [`{"any":{"@type":"${ANY}/t.Inner","inner":{"rate":5}}}`, 'any.inner.rate: unknown field'],
    [`{"any":{"@type":"${ANY}/t.Inner","max_rate":"x"}}`, 'any.max_rate: invalid integer'],
    [`{"any":{"@type":"${ANY}/google.protobuf.Duration","value":"1s","zz":1}}`, 'any.zz: unknown field'],
    [`{"any":{"@type":"${ANY}/google.protobuf.Value"}}`, 'any.value: expected a value'],
    [`{"any":{"@type":"${ANY}/google.protobuf.Struct"}}`, 'any.value: Struct must be an object'],
    ['{"left_side":"a","right_side":{},"zz":1}', 'right_side: multiple values for oneof side'],
    ['{"inner":{"max_rate":1,"maxRate":1}}', 'inner.maxRate: given twice, also by its other name'],
    ['{"inners":[{},{"name":"a","name":"b"}]}', 'inners[1].name: given twice'],
    ['{"text":"\\"","by_name":{"\\\\":{},"a:\\"":{},"a:\\u0022":{}}}', 'by_name["a:\\""]: given twice'],
    ['{"by_name":{"a.b":{"zz":1}}}', 'by_name["a.b"].zz: unknown field'],
    ['{"by_number":{"1":"a","x":"b"}}', 'by_number.x: invalid int64 map key'],
    ['{"by_number":{"1":"a","01":"b"}}', 'by_number.01: given twice, also in other digits'],
    ['{"i32":"x","by_truth":{"true":1,"false":1}}', 'i32: invalid integer'],
    ['{"by_name":{"1":{},"01":{}},"i32":"x"}', 'i32: invalid integer'],
    ['{"by_truth":{"true":"TWO"}}', 'by_truth.true: unknown enum value'],
    ['{"kinds":["ONE","TWO"]}', 'kinds[1]: unknown enum value'],
    ['{"kind":"1"}', 'kind: unknown enum value'],
    ['{"kinds":["ONE","1"]}', 'kinds[1]: unknown enum value'],
    ['{"by_truth":{"true":"1"}}', 'by_truth.true: unknown enum value'],
    ['{"any_value":[1e999]}', 'any_value: Value cannot hold a non-finite number'],
    ['{"nums":[1,2,null]}', 'nums[2]: null element'],
    ['{"values":null,"nulls":5}', 'nulls: expected array'],
    ['{"value_by":null,"valueBy":{}}', 'valueBy: given twice, also by its other name'],
    ['{"nums":{"0":1}}', 'nums: expected array'],
    ['{"by_name":[]}', 'by_name: expected object for map'],
    ['{"mask":"a_b"}', 'mask: field mask path must be lowerCamelCase'],
    ...[' a', 'a ', 'a, b', 'a\\n', 'a,,b', ',', 'a,', ',a', ' '].map(
      (mask) => [`{"mask":"${mask}"}`, 'mask: expected paths with a comma between two, without spaces'] as const,
    ),
    [
      `{"any":{"@type":"${ANY}/google.protobuf.FieldMask","value":"a,"}}`,
      'any.value: expected paths with a comma between two, without spaces',
    ],
    ['{"at":"9999-12-31T23:59:60Z"}', 'at: invalid timestamp'],
    ['{"tree":{"a":1e999}}', 'tree: Value cannot hold a non-finite number'],
    ['{"fl":1e39}', 'fl: out of range for float'],
    ['{"text":"\\ud800"}', 'text: unpaired high surrogate'],
    ['{"any_value":"\\ud800"}', 'any_value: unpaired high surrogate'],
    ['{"tree":{"\\udc00":1}}', 'tree: unpaired low surrogate'],
    ['{"mask":"\\ud800"}', 'mask: unpaired high surrogate'],
    ['{"masks":["a\\ud83d\\ude00","a,\\udc00"]}', 'masks[1]: unpaired low surrogate'],
    ['{"any":{"@type":"a\\ud800/t.Inner"}}', 'any.@type: unpaired high surrogate'],
    ['{"any":{"@type":"x/\\ud800"}}', 'any.@type: unpaired high surrogate'],
    ['{"any":{"@type":"x/google.protobuf.FieldMask","value":"\\ud800"}}', 'any.value: unpaired high surrogate'],
    ['{"any":{"@type":"x/t.Everything","mask":"b\\udc00"}}', 'any.mask: unpaired low surrogate'],
    ['{"any":{"@type":"x/t.Everything","any":{"@type":"\\udfff/t.Inner"}}}', 'any.any.@type: unpaired low surrogate'],
    [
      '{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"\\ud800/t.Inner"}}}',
      'any.value.@type: unpaired high surrogate',
    ],
  ];
  for (const [text, reason] of refusals) {
    it(`refuses ${text}`, () => {
      const { message } = throws(() => proto3(everythingType()).parse(text), Error);
      assert.is(message, `expected ProtoJSON of t.Everything: ${reason}`);
    });
  }

  it('takes what is unusual, and right', () => {
    const type = proto3(everythingType());
    const texts: readonly (readonly [text: string, canonical: string])[] = [
      [
        '{"i64":"9007199254740993","u64":"18446744073709551615"}',
        '{"i64":"9007199254740993","u64":"18446744073709551615"}',
      ],
      ['{"i64":9007199254740991}', '{"i64":"9007199254740991"}'],
      [
        '{"i64":"1.0","u64":"1e3","i32":"-1.50e1","u32":"100e-2","s32":".0","wrapped":"9007199254740991.0"}',
        '{"i32":-15,"i64":"1","u32":1,"u64":"1000","wrapped":"9007199254740991"}',
      ],
      [`{"i64":"0e-400","s64":"1${'0'.repeat(50)}e-50","u32":"-0.0e99","nums":["+12.e1"]}`, '{"nums":[120],"s64":"1"}'],
      ['{"raw":"-_8"}', '{"raw":"+/8="}'],
      ['{"raw":""}', '{}'],
      ['{"any":{}}', '{"any":{}}'],
      ['{"any_value":null,"inner":null}', '{"any_value":null}'],
      ['{"list":[null,{"a":[1]}]}', '{"list":[null,{"a":[1]}]}'],
      ['{"mask":""}', '{"mask":""}'],
      ['{"mask":"a,fooBar.b"}', '{"mask":"a,fooBar.b"}'],
      ['{"mask":"\\ud83d\\ude00"}', '{"mask":"😀"}'],
      ['{"any":{"@type":"\\ud83d\\ude00/t.Inner"}}', '{"any":{"@type":"😀/t.Inner"}}'],
      ['{"maybe":0}', '{"maybe":0}'],
      ['{"dbl":-0,"any_value":-0}', '{"any_value":0}'],
      ['{"left_side":null,"right_side":{}}', '{"right_side":{}}'],
      ['{"kind":7}', '{"kind":7}'],
      ['{"nulls":[null,"NULL_VALUE",0,5]}', '{"nulls":[null,null,null,null]}'],
      ['{"values":null,"nulls":null,"value_by":null,"null_by":null,"nums":null,"by_name":null}', '{}'],
      ['{"valueBy":{"a":null},"nullBy":{"a":null}}', '{"null_by":{"a":null},"value_by":{"a":null}}'],
      ['{"values":[null],"inners":[{"inner":null}]}', '{"inners":[{}],"values":[null]}'],
      [
        `{"any":{"@type":"${ANY}/t.Everything","values":null,"nulls":null,"valueBy":null,"null_by":null}}`,
        `{"any":{"@type":"${ANY}/t.Everything"}}`,
      ],
      [
        `{"any":{"@type":"${ANY}/google.protobuf.Value","value":null}}`,
        `{"any":{"@type":"${ANY}/google.protobuf.Value","value":null}}`,
      ],
      [`{"any":{"@type":"${ANY}/t.Inner","maxRate":5}}`, `{"any":{"@type":"${ANY}/t.Inner","max_rate":5}}`],
      [
        `{"any":{"@type":"${ANY}/google.protobuf.Duration","value":"1s"}}`,
        `{"any":{"@type":"${ANY}/google.protobuf.Duration","value":"1s"}}`,
      ],
    ];
    for (const [text, canonical] of texts) assert.is(type.format(type.parse(text)), canonical);
  });

  it('refuses a long fraction in linear time', () => {
    const zeros = '0'.repeat(2 ** 20);
    const start = performance.now();
    throws(() => proto3(everythingType()).parse(`{"i64":"${zeros}.${zeros}1${zeros}"}`), /: i64: not an integer$/);
    assert.ok(performance.now() - start < 5_000);
  });

  it('stays lenient with unknown fields only, where it is told to', () => {
    const type = proto3(everythingType(), { allowUnknownFields: true });
    const text = `{"zz":1,"kinds":["ONE","TWO"],"any":{"@type":"${ANY}/t.Inner","zz":1},"inner":{"max_rate":1,"rate":2}}`;
    assert.is(
      type.format(type.parse(text)),
      `{"any":{"@type":"${ANY}/t.Inner"},"inner":{"max_rate":1},"kinds":["ONE"]}`,
    );
    throws(
      () => type.parse('{"zz":1,"left_side":"a","right_side":{}}'),
      /: right_side: multiple values for oneof side$/,
    );
    throws(() => type.parse('{"zz":1,"kinds":["TWO"],"nums":["x"]}'), /: nums\[0\]: invalid integer$/);
    throws(() => type.parse(`{"any":{"@type":"${ANY}/google.protobuf.Value"}}`), /: any\.value: expected a value$/);
    throws(() => type.parse('{"zz":1,"i64":9007199254740993}'), /: i64: beyond 2\^53/);
  });

  it('writes the names of the schema in messages of Google that are ordinary in JSON', () => {
    const schema = 'syntax = "proto3"; package google.protobuf; message SourceContext { string file_name = 1; }';
    const { root } = protobuf.parse(schema);
    const type = proto3(root.lookupType('google.protobuf.SourceContext'));
    assert.is(type.format(type.parse('{"fileName":"x"}')), '{"file_name":"x"}');
  });

  for (const [what, piece] of [
    ['plain', 'xxxx'],
    ['escaped', '\\\\\\n'],
    ['of quotes', '\\"\\"'],
  ] as const) {
    it(`takes a text of 16 MiB, ${what}, and finds a key twice behind it`, () => {
      const type = proto3<{ text?: string }>(everythingType());
      const text = `"text":"${piece.repeat(2 ** 22)}"`;
      assert.is(type.parse(`{${text}}`).text?.length, (JSON.parse(`"${piece}"`) as string).length * 2 ** 22);
      throws(() => type.parse(`{${text},"inner":{"name":"a","name":"b"}}`), /: inner\.name: given twice$/);
    });
  }

  it('finds the fault in a megabyte in linear time', () => {
    const type = proto3(everythingType());
    const many = '{},'.repeat(340_000);
    const took = (text: string, reason: RegExp): number => {
      const start = performance.now();
      throws(() => type.parse(text), reason);
      return performance.now() - start;
    };
    const good = `{"inners":[${many}{}]}`;
    const start = performance.now();
    type.parse(good);
    const reading = performance.now() - start;
    const faults = [
      took(`{"inners":[${many}{"zz":1}]}`, /: inners\[340000\]\.zz: unknown field$/),
      took(`{"inners":[${many}{"max_rate":"x"}]}`, /: inners\[340000\]\.max_rate: invalid integer$/),
      took(`{"nums":[${'1,'.repeat(500_000)}"x"]}`, /: nums\[500000\]: invalid integer$/),
    ];
    for (const ms of faults) assert.ok(ms < 4 * reading + 500, `${ms} ms; a good one takes ${reading} ms`);
  });

  it('names the flag, the place and what was expected', () => {
    const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), {}, '');
    throws(
      () => flag.setText('{"lasts":"soon"}'),
      'flag "p": expected ProtoJSON of t.Everything: lasts: invalid duration, got "{\\"lasts\\":\\"soon\\"}"',
    );
  });
});
