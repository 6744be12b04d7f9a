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
});
