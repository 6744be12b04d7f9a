import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type MessageShape,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { FlagError, FlagSet } from '@flagz/core';
import { type MessageCodec, proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';

/** Is what the README shows. */
const codecOf = <D extends DescMessage>(schema: D): MessageCodec<MessageShape<D>> => ({
  typeName: schema.typeName,
  fromJsonString: (text) => fromJsonString(schema, text),
  toJsonString: (message) => toJsonString(schema, message, { useProtoFieldName: true }),
  decode: (bytes) => fromBinary(schema, bytes),
  encode: (message) => toBinary(schema, message),
});

/** Makes the schema from a FileDescriptorSet, as `buf build -o schema.binpb` writes it. */
function pricingSchema(): DescMessage {
  const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
  const set = create(FileDescriptorSetSchema, {
    file: [
      {
        name: 'demo.proto',
        package: 'demo',
        syntax: 'proto3',
        messageType: [
          { name: 'Tier', field: [field('rate_limit', 1, FieldDescriptorProto_Type.INT32, OPTIONAL)] },
          {
            name: 'Pricing',
            field: [
              field('currency', 1, FieldDescriptorProto_Type.STRING, OPTIONAL),
              field('cents_total', 2, FieldDescriptorProto_Type.INT64, OPTIONAL),
              {
                ...field('tier_list', 3, FieldDescriptorProto_Type.MESSAGE, REPEATED),
                typeName: '.demo.Tier',
              },
            ],
          },
        ],
      },
    ],
  });
  const read = fromBinary(FileDescriptorSetSchema, toBinary(FileDescriptorSetSchema, set));
  return createFileRegistry(read).getMessage('demo.Pricing')!;
}

function field(name: string, number: number, type: FieldDescriptorProto_Type, label: FieldDescriptorProto_Label) {
  return { name, number, type, label, jsonName: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) };
}

const pricing = pricingSchema();
const type = proto3(codecOf(pricing));
const FULL = '{"cents_total":"9007199254740993","currency":"EUR","tier_list":[{"rate_limit":3}]}';

flagTypeContract(describe, type, {
  values: [type.parse('{}'), type.parse(FULL)],
  rejects: ['', 'rubbish', '{} {}', '[]', '{"nobody_knows":1}', '{"cents_total":"x"}', 'base64:Cg=='],
});

describe('proto3() with protobuf-es', (it) => {
  it('reads ProtoJSON and the binary form, and writes the names of the schema', () => {
    const bytes = toBinary(pricing, type.parse(FULL));
    assert.is(type.name, 'proto3 demo.Pricing');
    assert.is(type.format(type.parse(`base64:${Buffer.from(bytes).toString('base64')}`)), FULL);
    assert.is(type.format(type.parseBytes!(bytes)), FULL);
    assert.is(type.format(type.parse('{"centsTotal":"5"}')), '{"cents_total":"5"}');
  });

  it('refuses unknown fields in the binary form, with the way to them', () => {
    throws(
      () => type.parseBytes!(Uint8Array.of(0xf8, 0x01, 0x05)),
      'expected the binary form of demo.Pricing: unknown field',
    );
    throws(() => type.parseBytes!(Uint8Array.of(0x1a, 3, 0xf8, 0x01, 0x05)), /: tierList\[0\]: unknown field$/);
  });

  it('works as a flag', () => {
    const flag = new FlagSet('s').dynamic('pricing', type, create(pricing), 'Prices.');
    flag.setText(FULL);
    assert.is(flag.text, FULL);
    throws(() => flag.setText('{"cents_total":"x"}'), /^flag "pricing": expected ProtoJSON of demo\.Pricing: /);
    assert.is(flag.text, FULL);
  });

  for (const [missing, codec] of [
    ['fromJsonString, toJsonString, decode, encode', { fromJsonString: 1, decode: 2 }],
    ['toJsonString, encode', { fromJsonString: JSON.parse, decode: () => ({}) }],
    ['fromJsonString', { ...codecOf(pricing), fromJsonString: undefined }],
    ['encode', { ...codecOf(pricing), encode: null }],
  ] as const) {
    it(`is refused at declaration, where it lacks ${missing}`, () => {
      const error = throws(() => proto3(codec as unknown as MessageCodec<object>), FlagError) as FlagError;
      assert.is(error.code, 'FLAGZ_DECLARATION');
      assert.is(error.message, `proto3: the MessageCodec has no method ${missing}; add what is missing`);
    });
  }

  const texts: readonly (readonly [text: unknown, reason: string])[] = [
    ['{"big":9007199254740993}', 'big: a number that JavaScript rounds: write it in quotes'],
    ['{"a.b":[{},{"big":-9007199254740993}]}', '["a.b"][1].big: a number that JavaScript rounds: write it in quotes'],
    ['{"a":[1,"2,9007199254740993",[1e400]]}', 'a[2][0]: a number that JavaScript rounds: write it in quotes'],
    ['{"big":9223372036854775808}', 'big: a number that JavaScript rounds: write it in quotes'],
    ['{"big":18446744073709551615}', 'big: a number that JavaScript rounds: write it in quotes'],
    ['{"big":1', 'not valid JSON'],
    ['', 'not valid JSON'],
    [undefined, 'expected a text from the codec, got undefined'],
    [{}, 'expected a text from the codec, got an object'],
    [Promise.resolve('{}'), 'expected a text from the codec, got a Promise'],
  ];
  for (const [text, reason] of texts) {
    it(`is refused where toJsonString gives ${text instanceof Promise ? 'a Promise' : JSON.stringify(text)}`, () => {
      const codec = { ...codecOf(pricing), toJsonString: () => text } as unknown as MessageCodec<object>;
      throws(() => proto3(codec).format({}), `toJsonString of demo.Pricing: ${reason}`);
    });
  }

  it('may write numbers that JavaScript gives back', () => {
    const pairs: readonly (readonly [written: string, canonical: string])[] = [
      ['9007199254740991', '9007199254740991'],
      ['-9007199254740992', '-9007199254740992'],
      ['9223372036854776000', '9223372036854776000'],
      ['123456789012345680000', '123456789012345680000'],
      [`1${'0'.repeat(30)}`, '1e+30'],
      ['-0.5', '-0.5'],
      ['1.5e300', '1.5e+300'],
      ['3.4028235e+38', '3.4028235e+38'],
      ['"x:9007199254740993"', '"x:9007199254740993"'],
      ['"\\"9007199254740993"', '"\\"9007199254740993"'],
    ];
    for (const [written, canonical] of pairs) {
      const text = `{"a":[1,${written}]}`;
      const codec = { ...codecOf(pricing), toJsonString: () => text } as unknown as MessageCodec<object>;
      assert.is(proto3(codec).format({}), `{"a":[1,${canonical}]}`);
    }
  });

  for (const [what, value] of [
    ['null', null],
    ['undefined', undefined],
    ['a Promise', Promise.resolve({})],
    ['a string', '{}'],
    ['an array', []],
  ] as const) {
    it(`is refused where it reads ${what}`, () => {
      const read = () => value;
      const codec = { ...codecOf(pricing), fromJsonString: read, decode: read } as unknown as MessageCodec<object>;
      const reason = `: expected a message from the codec, got ${what}`;
      throws(() => proto3(codec).parse('{}'), `expected ProtoJSON of demo.Pricing${reason}`);
      throws(
        () => proto3(codec).parseBytes?.(Uint8Array.of(8, 1)),
        `expected the binary form of demo.Pricing${reason}`,
      );
    });
  }

  it('is refused at declaration where it is asynchronous, and its rejection does not end the process', async () => {
    const read = () => Promise.reject(new Error('late'));
    const codec = { ...codecOf(pricing), fromJsonString: read } as unknown as MessageCodec<object>;
    throws(
      () => new FlagSet('s').dynamic('pricing', proto3(codec), create(pricing), 'Prices.'),
      /: expected a message from the codec, got a Promise, got "\{\}"$/,
    );
    // What nobody handles would end it after this turn.
    await new Promise(setImmediate);
  });

  it('changes nothing where it writes a number that would be rounded', () => {
    const cents: Record<string, unknown> = { centsTotal: 9007199254740993n };
    const write = (message: object) => `{"cents_total":${(message as { centsTotal: bigint }).centsTotal}}`;
    const codec = { ...codecOf(pricing), toJsonString: write } as unknown as MessageCodec<object>;
    const flag = new FlagSet('s').dynamic('pricing', proto3(codec), create(pricing), 'Prices.');
    const reason = /toJsonString of demo\.Pricing: cents_total: a number that JavaScript rounds: write it in quotes/;
    throws(() => flag.set(create(pricing, cents)), reason);
    throws(() => flag.setText('{"cents_total":"9007199254740993"}'), reason);
    assert.is(flag.text, '{"cents_total":0}');
  });
});
