import { FlagSet } from '@flagz/core';
import { proto3, reflectedCodec } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import { hex } from './everything.ts';

describe('proto3() on bytes', (it) => {
  const schema = 'syntax = "proto3"; message S { string template = 1; string late = 12; }';
  const make = () => {
    const message = protobuf.parse(schema).root.lookupType('S');
    return { message, type: proto3<{ template?: string; late?: string }>(message) };
  };

  it('takes binary that looks like JSON for what it is, whatever its length', () => {
    const { message, type } = make();
    for (const template of [
      '{"name":1}',
      '{"name":"x"}',
      '{"template":"x"}',
      '{"a":"0123456789abcdef0123456"}',
      '{}',
      '[]',
    ]) {
      for (const padding of ['', ' ', '  ', '   ', ' '.repeat(20)]) {
        const bytes = message.encode({ template: template + padding }).finish();
        assert.is(type.parseBytes?.(bytes).template, template + padding);
      }
    }
    const late = `se64:${'x:'.repeat(46)}`;
    const bytes = message.encode({ late }).finish();
    assert.is(Buffer.from(bytes).toString().slice(0, 7), 'base64:');
    assert.is(type.parseBytes?.(bytes).late, late);
  });

  it('takes text for text, with a newline at its end or blank lines before', () => {
    const { type } = make();
    for (const text of [
      '{"late":"x"}',
      '{"late":"x"}\n',
      '{"late":"x"} \r\n',
      '\r\n{"late":"x"}\n',
      '  {"late":"x"}',
      'base64:YgF4',
      'base64:YgF4\n',
    ]) {
      assert.is(type.parseBytes?.(new TextEncoder().encode(text)).late, 'x', JSON.stringify(text));
    }
  });

  it('answers a human', () => {
    const { type } = make();
    const read = (text: string) => () => type.parseBytes?.(new TextEncoder().encode(text));
    throws(read('{"lat":"x"}\n'), 'expected ProtoJSON of S: lat: unknown field');
    throws(read('base64:YgF\n'), /^expected standard base64 after base64:; as bytes: /);
    throws(read('late: x\n'), /^expected ProtoJSON in braces, or base64: and the binary form; as bytes: /);
    throws(read(' {"lat":"x"}'), /^expected ProtoJSON of S: lat: unknown field; as bytes: /);
  });

  it('tells where a cut message ends, also where its bytes are printable', () => {
    const { message, type } = make();
    const refusal = (late: string): string => {
      const bytes = message.encode({ late: `${late}${'x'.repeat(97 - late.length)}` }).finish();
      return throws(() => type.parseBytes?.(bytes.subarray(0, -1)), Error).message;
    };
    const cut = 'as bytes: expected the binary form of S: late: truncated';
    assert.is(refusal('a'), `expected ProtoJSON in braces, or base64: and the binary form; ${cut}`);
    assert.is(refusal('se64:'), `expected standard base64 after base64:; ${cut}`);
    assert.is(refusal('\n{'), `expected ProtoJSON in braces, or base64: and the binary form; ${cut}`);
    const bytes = message.encode({ template: 'x'.repeat(0x7b) }).finish();
    throws(
      () => type.parseBytes?.(bytes.subarray(0, -1)),
      'expected ProtoJSON of S: not valid JSON, at position 1; as bytes: expected the binary form of S: template: truncated',
    );
  });

  const SLIPS = [
    '8080',
    '5.000',
    '-12.5',
    '123456789',
    '-1234',
    '(1',
    ' 5',
    '0000',
    '2024-01-01',
    '10%',
    'true',
    'null',
    '# off',
  ];

  it('takes no slip for a message of fields that the schema does not know, also where those are allowed', () => {
    const { message } = make();
    for (const allowUnknownFields of [false, true]) {
      const flags = new FlagSet('s');
      const flag = flags.dynamic('p', proto3<object>(message, { allowUnknownFields }), { late: 'x' }, '');
      for (const slip of [...SLIPS, ...SLIPS.map((text) => `${text}\n`)]) {
        const raw = new TextEncoder().encode(slip);
        const { rejected } = flags.load({ name: 'etcd', kind: 'source' }, [['p', raw]]);
        assert.is(rejected.length, 1, slip);
        assert.is(flag.text, '{"late":"x"}', slip);
      }
    }
  });

  it('says of printable bytes which field is unknown, also where those are allowed', () => {
    const type = proto3(make().message, { allowUnknownFields: true });
    for (const each of [type, proto3(reflectedCodec(make().message, { allowUnknownFields: true }))])
      throws(
        () => each.parseBytes?.(new TextEncoder().encode('8080')),
        'expected ProtoJSON in braces, or base64: and the binary form; as bytes: expected the binary form of S: unknown field 7',
      );
    assert.is(type.format(type.parse('base64:ODA4MA==')), '{}', 'in base64 they are meant');
    assert.is(type.format(type.parseBytes?.(hex('380138 02 62 01 78')) ?? {}), '{"late":"x"}', 'not printable');
  });

  it('takes printable bytes that are a message without unknown fields, by chance or not', () => {
    const { root } = protobuf.parse('syntax = "proto3"; message N { string name = 1; int32 number = 6; }');
    for (const allowUnknownFields of [false, true]) {
      const type = proto3<object>(root.lookupType('N'), { allowUnknownFields });
      const read = (text: string) => type.format(type.parseBytes?.(new TextEncoder().encode(text)) ?? {});
      assert.is(read('00'), '{"number":48}');
      assert.is(read(`\n ${'x'.repeat(32)}`), `{"name":"${'x'.repeat(32)}"}`);
      assert.is(read(`\n~${'x'.repeat(126)}`), `{"name":"${'x'.repeat(126)}"}`);
    }
  });

  it('takes white space for text: for a file that somebody emptied', () => {
    // Fields 1 and 4, as the binary form.
    const { root } = protobuf.parse('syntax = "proto3"; message W { string name = 1; int32 number = 4; }');
    for (const allowUnknownFields of [false, true]) {
      const type = proto3<object>(root.lookupType('W'), { allowUnknownFields });
      for (const text of ['  ', ' \n', '\n', '    ', '\r\n\r\n', '\n\t\t\t\t\t\t\t\t\t\t', '\v\f', '\ufeff \n'])
        throws(
          () => type.parseBytes?.(new TextEncoder().encode(text)),
          'expected ProtoJSON in braces, or base64: and the binary form',
        );
      assert.is(type.format(type.parse('base64:ICA=')), '{"number":32}');
    }
  });
});
