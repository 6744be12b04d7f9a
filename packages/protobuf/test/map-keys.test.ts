import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';

const KEY_TYPES = [
  'bool', 'int32', 'sint32', 'sfixed32', 'uint32', 'fixed32', 'int64', 'sint64', 'sfixed64', 'uint64', 'fixed64',
]; // prettier-ignore

interface Maps {
  readonly [field: string]: Readonly<Record<string, unknown>>;
}

/** Makes a type with a map for each kind of key but texts: `int32s`, and one of messages, `kids`. */
function mapsType(): protobuf.Type {
  const maps = KEY_TYPES.map((type, index) => `map<${type}, string> ${type}s = ${index + 1};`);
  const schema = `syntax = "proto3"; message Maps { ${maps.join(' ')} map<int64, Maps> kids = 20; Maps kid = 21; }`;
  return protobuf.parse(schema).root.lookupType('Maps');
}

const DIGITS = 'an integer in plain digits, in range';

describe('a key of a map that a program makes', (it) => {
  const refusals: readonly (readonly [type: string, keys: readonly string[], expected: string])[] = [
    ['bool', ['1', 'yes', 'True', ''], 'true or false'],
    ['int32', ['x', '', '01', '+1', '-0', '1.0', '1e3', ' 1', '2147483648', '-2147483649'], DIGITS],
    ['uint32', ['-1', '4294967296', '0x10'], DIGITS],
    ['int64', ['hunter22', 'abcdefgh', '+1234567', '0x123456', '00000001', '9223372036854775808'], DIGITS],
    ['int64', ['-9223372036854775809', '9'.repeat(40)], DIGITS],
    ['uint64', ['hunter22', '-1234567', '18446744073709551616', '\u0005\0\0\0\0\0\0\0'], DIGITS],
  ];
  for (const [type, keys, expected] of refusals) {
    it(`is refused where it is none of ${type}: ${JSON.stringify(keys)}`, () => {
      const flag = new FlagSet('s').dynamic('p', proto3<object>(mapsType()), { bools: { true: 'x' } }, '');
      for (const key of keys) {
        const shown = /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
        const { message } = throws(() => flag.set({ [`${type}s`]: { [key]: 'a' } }), FlagError);
        const reason = `${type}s${shown}: expected a key of ${type}: ${expected}`;
        assert.is(message, `flag "p": expected a message of Maps: ${reason}`);
        assert.is(flag.text, '{"bools":{"true":"x"}}');
      }
    });
  }

  const limits: readonly (readonly [types: readonly string[], keys: readonly string[]])[] = [
    [['bool'], ['true', 'false']],
    [
      ['int32', 'sint32', 'sfixed32'],
      ['0', '12345678', '-1234567', '2147483647', '-2147483648'],
    ],
    [
      ['uint32', 'fixed32'],
      ['0', '12345678', '4294967295'],
    ],
    [
      ['int64', 'sint64', 'sfixed64'],
      ['0', '12345678', '-1234567', '9223372036854775807', '-9223372036854775808'],
    ],
    [
      ['uint64', 'fixed64'],
      ['0', '12345678', '18446744073709551615'],
    ],
  ];
  for (const [types, keys] of limits) {
    it(`may be each that ${types.join(', ')} has`, () => {
      const flag = new FlagSet('s').dynamic('p', proto3<object>(mapsType()), {}, '');
      for (const type of types) {
        for (const key of keys) {
          const value = { [`${type}s`]: { [key]: 'a' } };
          flag.set(value);
          assert.is(flag.text, JSON.stringify(value));
        }
      }
    });
  }
});

describe('a key of a map that was read', (it) => {
  // The bytes of the number 4050765991979987505 are the digits of the other one.
  const TEXT =
    '{"int64s":{"-1":"a","12345678":"b","4050765991979987505":"c"},"kid":{"uint64s":{"18446744073709551615":"d"}},"kids":{"5":{"fixed64s":{"0":"e"}}}}';

  it('is in digits in the value, and stays what it was', () => {
    const type = proto3<Maps>(mapsType());
    const value = type.parse(TEXT);
    assert.is(type.format(value), TEXT);
    assert.equal(Object.keys(value['int64s'] ?? {}).sort(), ['-1', '12345678', '4050765991979987505']);
    const again = type.parseBytes?.(mapsType().encode(value).finish()) as Maps;
    assert.is(type.format(again), TEXT);
  });

  it('stays what it was in an Any', () => {
    const maps = mapsType();
    maps.root.addJSON(protobuf.common.get('google/protobuf/any.proto')?.nested ?? {});
    protobuf.parse('syntax = "proto3"; message Holder { google.protobuf.Any any = 1; }', maps.root);
    const type = proto3(maps.root.lookupType('Holder'));
    const text = `{"any":{"@type":"x/Maps",${TEXT.slice(1)}}`;
    assert.is(type.format(type.parse(text)), text);
  });

  it('may be part of a value that a program makes', () => {
    const flag = new FlagSet('s').dynamic('p', proto3<Maps>(mapsType()), {}, '');
    flag.setText(TEXT);
    flag.set({ ...flag.get(), bools: { true: 'f' } });
    assert.is(flag.text, `{"bools":{"true":"f"},${TEXT.slice(1)}`);
  });
});
