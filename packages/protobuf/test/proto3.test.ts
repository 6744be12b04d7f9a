import { createRequire } from 'node:module';
import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import { flagTypeContract } from '@flagz/testing';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { type Pricing, pricingType } from './pricing.ts';

const FULL =
  '{"best_tier":{"rate_limit":3,"tier_name":"gold"},"cents_total":"250","currency":"EUR","limit_name":"x","policy":"DENY",' +
  '"raw_bytes":"AAE=","tier_list":[{"tier_name":"a"}],"tier_map":{"a":{"rate_limit":1},"b":{}},"tiers":["x","y"],"valid_for":"1.500s"}';

flagTypeContract(describe, proto3<Pricing>(pricingType()), {
  values: [proto3<Pricing>(pricingType()).parse('{}'), proto3<Pricing>(pricingType()).parse(FULL)],
  rejects: ['', 'rubbish', '{', '{} {}', '[]', 'null', '"x"', '{"nobody_knows":1}', 'base64:!!!!', 'base64:Cg'],
});

describe('proto3()', (it) => {
  it('reads both names of a field, enums by name or number, well-known types', () => {
    const type = proto3<Pricing>(pricingType());
    const texts = [
      '{"centsTotal":"250","bestTier":{"rateLimit":3},"policy":"DENY","validFor":"1.5s"}',
      ' {"cents_total":250,"best_tier":{"rate_limit":3},"policy":1,"valid_for":"1.500s"}\n',
    ];
    for (const text of texts) {
      assert.is(
        type.format(type.parse(text)),
        '{"best_tier":{"rate_limit":3},"cents_total":"250","policy":"DENY","valid_for":"1.500s"}',
      );
    }
  });

  it('writes sorted keys and the names of the schema', () => {
    const type = proto3<Pricing>(pricingType());
    assert.is(type.format(type.parse(FULL)), FULL);
    const shuffled = '{"tierMap":{"b":{},"a":{"rateLimit":1}},"currency":"EUR"}';
    assert.is(type.format(type.parse(shuffled)), '{"currency":"EUR","tier_map":{"a":{"rate_limit":1},"b":{}}}');
  });

  it('reads the binary form, from base64 and from bytes', () => {
    const type = proto3<Pricing>(pricingType());
    const message = pricingType();
    const bytes = message.encode(message.fromObject({ currency: 'EUR', tiers: ['x'] })).finish();
    const canonical = '{"currency":"EUR","tiers":["x"]}';
    assert.is(type.format(type.parse(`base64:${Buffer.from(bytes).toString('base64')}`)), canonical);
    assert.is(type.format(type.parseBytes?.(bytes) as Pricing), canonical);
    assert.is(type.format(type.parseBytes?.(new TextEncoder().encode(` ${canonical}`)) as Pricing), canonical);
  });

  it('takes binary that begins like JSON for what it is', () => {
    const message = pricingType();
    const currency = 'x'.repeat(0x7b);
    const bytes = message.encode({ currency }).finish();
    assert.is(Buffer.from(bytes).toString().slice(0, 2), '\n{');
    assert.is(proto3<Pricing>(pricingType()).parseBytes?.(bytes).currency, currency);
  });

  it('tells a human who wrote bytes what to write, and takes no bytes for a value that was lost', () => {
    const expected = 'expected ProtoJSON in braces, or base64: and the binary form';
    const read = (text: string) => () => proto3<Pricing>(pricingType()).parseBytes?.(new TextEncoder().encode(text));
    throws(read(''), expected);
    throws(read('\n'), expected);
    for (const [text, reason] of [
      ['USD', 'valid_for: of another kind than in the schema'],
      ['currency: USD\n', 'tier_list: of another kind than in the schema'],
      ['[1]', 'small: of another kind than in the schema'],
    ] as const)
      throws(read(text), `${expected}; as bytes: expected the binary form of demo.Pricing: ${reason}`);
  });

  it('reads a schema that kept its names', () => {
    const schema = 'syntax = "proto3"; message M { int32 my_field = 1; map<string, M> my_kids = 2; }';
    const { root } = protobuf.parse(schema, { keepCase: true });
    const type = proto3<{ my_field?: number }>(root.lookupType('M'));
    const value = type.parse('{"myField":1,"myKids":{"a":{"my_field":2}}}');
    assert.is(value.my_field, 1);
    assert.is(type.format(value), '{"my_field":1,"my_kids":{"a":{"my_field":2}}}');
  });

  it('refuses at declaration a schema that lacks what it refers to', () => {
    const { root } = protobuf.parse('syntax = "proto3"; message M { Missing m = 1; }');
    const error = throws(() => proto3(root.lookupType('M')), FlagError) as FlagError;
    assert.is(error.code, 'FLAGZ_DECLARATION');
    assert.match(error.message, /^message M: no such .*Missing.*; load the \.proto files that it imports, too$/);
  });

  it('keeps keys such as __proto__ for what they are: keys', () => {
    const type = proto3<Pricing>(pricingType());
    const text = '{"tier_map":{"__proto__":{"rate_limit":3},"constructor":{}}}';
    const value = type.parse(text);
    assert.is(type.format(value), text);
    assert.equal(Object.keys(value.tierMap ?? {}), ['__proto__', 'constructor']);
    assert.is(({} as { rateLimit?: number }).rateLimit, undefined);
    throws(() => type.parse('{"__proto__":{"currency":"x"}}'), /: __proto__: unknown field$/);
  });

  it('names the place also where the value is large or deep, and stays on one line', () => {
    const { root } = protobuf.parse('syntax = "proto3"; message M { M m = 1; repeated int32 n = 2; }');
    const type = proto3<object>(root.lookupType('M'));
    throws(() => type.parse(`{"n":[${'0,'.repeat(4900)}"x"]}`), 'expected ProtoJSON of M: n[4900]: invalid integer');
    const deep = `${'{"m":'.repeat(1400)}{}${'}'.repeat(1400)}`;
    throws(() => type.parse(deep), /^expected ProtoJSON of M: (?:m\.){15}m…: nested deeper than 100 levels$/);
    throws(() => type.parse('{"a\\nb":1}'), 'expected ProtoJSON of M: ["a\\nb"]: unknown field');
  });

  const refusals: readonly (readonly [text: string, reason: string])[] = [
    ['{"nobody_knows":1}', 'nobody_knows: unknown field'],
    ['{"best_tier":{"colour":1}}', 'best_tier.colour: unknown field'],
    ['{"policy":"MAYBE"}', 'policy: unknown enum value'],
    ['{"cents_total":"9223372036854775808"}', 'cents_total: out of range for int64'],
    ['{"small":4294967296}', 'small: out of range for uint32'],
    ['{"small":-1}', 'small: out of range for uint32'],
    ['{"best_tier":{"rate_limit":1.5}}', 'best_tier.rate_limit: not an integer'],
    ['{"tier_map":{"a":{},"b":{"rate_limit":"x"}}}', 'tier_map.b.rate_limit: invalid integer'],
    ['{"tier_list":[{},{"rate_limit":true}]}', 'tier_list[1].rate_limit: expected integer (number or string)'],
    ['{"per_second":1,"limit_name":"x"}', 'limit_name: multiple values for oneof limit'],
    ['{"currency":"EUR"} {"currency":"USD"}', 'more text after the end of the message, at position 19'],
    ['{"currency":"EUR"', 'not valid JSON, at position 17'],
    ['{"currency":"EUR",}', 'not valid JSON, at position 18'],
    ['{"currency":x}', 'not valid JSON'],
    ['{"currency":"EUR","currency":"USD"}', 'currency: given twice'],
    ['{"tiers":["x",1]}', 'tiers[1]: expected string'],
    ['{"raw_bytes":"!!!"}', 'raw_bytes: invalid base64'],
    ['{"valid_for":"soon"}', 'valid_for: invalid duration'],
    ['{"best_tier":"gold"}', 'best_tier: expected object'],
  ];
  for (const [text, reason] of refusals) {
    it(`refuses ${text}`, () => {
      const error = throws(() => proto3<Pricing>(pricingType()).parse(text), Error);
      assert.is(error.message, `expected ProtoJSON of demo.Pricing: ${reason}`);
    });
  }

  it('refuses what is no binary form: truncated, unknown fields, also in nested messages', () => {
    const type = proto3<Pricing>(pricingType());
    const message = pricingType();
    const bytes = message.encode({ currency: 'EUR', bestTier: { tierName: 'gold' } }).finish();
    throws(
      () => type.parseBytes?.(bytes.subarray(0, 3)),
      'expected the binary form of demo.Pricing: currency: truncated',
    );
    const unknown = Uint8Array.of(0xf8, 0x01, 0x05);
    throws(
      () => type.parseBytes?.(Buffer.concat([bytes, unknown])),
      'expected the binary form of demo.Pricing: unknown field 31',
    );
    const nested = message.lookupType('demo.Tier').encode({ tierName: 'g' }).finish();
    const body = Buffer.concat([nested, unknown]);
    const outer = Buffer.concat([Uint8Array.of(0x22, body.length), body]);
    throws(() => type.parseBytes?.(outer), 'expected the binary form of demo.Pricing: best_tier: unknown field 31');
    throws(() => type.parse('base64:Cg=='), /^expected the binary form of demo\.Pricing/);
    throws(() => type.parse('base64: Cg=='), 'expected standard base64 after base64:');
    throws(() => type.parse('base64:CgNFVVJ='), 'expected standard base64 after base64:');
  });

  it('drops what the schema does not know, where it is told to', () => {
    const type = proto3<Pricing>(pricingType(), { allowUnknownFields: true });
    assert.is(type.format(type.parse('{"nobody_knows":1,"currency":"EUR"}')), '{"currency":"EUR"}');
    assert.is(type.format(type.parseBytes?.(Uint8Array.of(0xf8, 0x01, 0x05)) as Pricing), '{}');
  });

  it('freezes values through and through', () => {
    const value = proto3<Pricing>(pricingType()).parse(FULL);
    throws(() => ((value as { currency: string }).currency = 'x'), TypeError);
    throws(() => (value.tiers as string[]).push('x'), TypeError);
    throws(() => ((value.bestTier as { rateLimit: number }).rateLimit = 1), TypeError);
  });

  it('works as a flag: default as a plain object, set by object, refused by name', () => {
    const flags = new FlagSet('s');
    const pricing = flags.dynamic('pricing', proto3<Pricing>(pricingType()), { currency: 'EUR' }, 'Prices.');
    let told = 0;
    pricing.withNotifier(() => void told++);
    assert.is(pricing.text, '{"currency":"EUR"}');
    pricing.set({ currency: 'USD', centsTotal: 5 });
    assert.is(pricing.text, '{"cents_total":"5","currency":"USD"}');
    pricing.setText('{"currency":"USD","centsTotal":"5"}');
    assert.is(told, 1);
    throws(
      () => pricing.setText('{"cents":1}'),
      /^flag "pricing": expected ProtoJSON of demo\.Pricing: cents: unknown field, got /,
    );
  });

  it('never throws anything but an Error, whatever the text', () => {
    const type = proto3<Pricing>(pricingType());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => `{"best_tier":${json}}`),
          fc.base64String().map((text) => `base64:${text}`),
        ),
        (text) => {
          try {
            type.format(type.parse(text));
          } catch (error) {
            assert.instance(error, Error);
            assert.ok(!(error instanceof RangeError));
          }
        },
      ),
    );
  });
});

describe('the peer protobufjs', (it) => {
  it('is tested in the oldest version that is taken', () => {
    const require = createRequire(import.meta.url);
    const { peerDependencies } = require('../package.json') as {
      readonly peerDependencies: { readonly protobufjs: string };
    };
    const { version } = require('protobufjs/package.json') as { readonly version: string };
    assert.is(peerDependencies.protobufjs, `^${version}`);
  });
});
