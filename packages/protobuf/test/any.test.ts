import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';

const PROTO2 = `
  syntax = "proto2";
  package old;
  message Required { required int32 a = 1; }
  message Holder { repeated Required items = 1; }
  message Group { optional group G = 1 { optional int32 x = 1; } }
  message Extended { extensions 5 to 9; }
  extend Extended { optional int32 more = 5; }
  message Fine { optional int32 a = 1; }`;
const PROTO3 = `
  syntax = "proto3";
  package new;
  import "google/protobuf/any.proto";
  message M { google.protobuf.Any any = 1; repeated M kids = 2; }`;
const EMPTY = 'syntax = "proto3"; package google.protobuf; message Empty {}';

function holderOfAny(): protobuf.Type {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get('google/protobuf/any.proto')?.nested ?? {});
  for (const schema of [PROTO2, PROTO3, EMPTY]) protobuf.parse(schema, root);
  return root.lookupType('new.M');
}

describe('an Any', (it) => {
  const NO_URL = 'expected a URL, with a slash before the name of the type';
  const refusals: readonly (readonly [what: string, url: string, reason: string])[] = [
    ['a required field', 'x/old.Required', 'old.Required.a is a required field, which only proto2 knows'],
    ['a required field further in', 'x/old.Holder', 'old.Required.a is a required field, which only proto2 knows'],
    ['a group', 'x/old.Group', 'old.Group.g is a group, which only proto2 knows'],
    ['an extension', 'x/old.Extended', 'old.Extended..old.more is an extension, which only proto2 knows'],
    ['a name for a URL', 'old.Fine', NO_URL],
  ];
  for (const [what, url, reason] of refusals) {
    it(`is refused with ${what}, in text, in the binary form and in a value`, () => {
      const message = holderOfAny();
      const type = proto3<object>(message, { allowUnknownFields: true });
      const flag = new FlagSet('s').dynamic('p', type, {}, '');
      const value = { kids: [{}, { any: { type_url: url } }] };
      const refused = (read: () => unknown): string => throws(read, Error).message;
      assert.is(
        refused(() => type.parse(`{"kids":[{},{"any":{"@type":"${url}"}}]}`)),
        `expected ProtoJSON of new.M: kids[1].any.@type: ${reason}`,
      );
      assert.is(
        refused(() => type.parseBytes?.(message.encode(value).finish())),
        `expected the binary form of new.M: kids[1].any.@type: ${reason}`,
      );
      assert.is(
        throws(() => flag.set(value), FlagError).message,
        `flag "p": expected a message of new.M: kids[1].any.type_url: ${reason}`,
      );
    });
  }

  it('may hold an Empty, with the value that Go writes and without it', () => {
    const url = 'type.googleapis.com/google.protobuf.Empty';
    for (const options of [{}, { allowUnknownFields: true }]) {
      const type = proto3(holderOfAny(), options);
      for (const members of ['', ',"value":{}']) {
        const text = `{"any":{"@type":"${url}"${members}},"kids":[{"any":{"@type":"${url}"${members}}}]}`;
        const canonical = `{"any":{"@type":"${url}"},"kids":[{"any":{"@type":"${url}"}}]}`;
        assert.is(type.format(type.parse(text)), canonical);
        assert.is(type.format(type.parse(canonical)), canonical);
      }
    }
  });

  for (const value of ['{"a":1}', '{"@type":"x"}', '[]', 'null', '"{}"', '0']) {
    it(`holds no Empty with more than nothing in its value: ${value}`, () => {
      const text = `{"any":{"@type":"x/google.protobuf.Empty","value":${value}}}`;
      for (const options of [{}, { allowUnknownFields: true }]) {
        const type = proto3(holderOfAny(), options);
        throws(() => type.parse(text), 'expected ProtoJSON of new.M: any.value: expected an empty object');
      }
    });
  }

  it('holds no Empty with a field', () => {
    const text = '{"any":{"@type":"x/google.protobuf.Empty","value":{},"b":1}}';
    throws(() => proto3(holderOfAny()).parse(text), 'expected ProtoJSON of new.M: any.b: unknown field');
    const lenient = proto3(holderOfAny(), { allowUnknownFields: true });
    assert.is(lenient.format(lenient.parse(text)), '{"any":{"@type":"x/google.protobuf.Empty"}}');
  });

  it('may hold a message of proto2 that has none of it', () => {
    const type = proto3(holderOfAny());
    const text = '{"any":{"@type":"x/old.Fine","a":5}}';
    assert.is(type.format(type.parse(text)), text);
  });

  it('leaves nothing behind when it is refused, whatever its name', () => {
    const message = holderOfAny();
    const type = proto3<object>(message);
    const flag = new FlagSet('s').dynamic('p', type, {}, '');
    const refuse = (url: string): void => {
      const value = { any: { type_url: url } };
      for (const read of [
        () => type.parse(`{"any":{"@type":"${url}"}}`),
        () => type.parse(`{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"${url}"}}}`),
        () => type.parseBytes?.(message.encode(value).finish()),
        () => flag.set(value),
      ])
        throws(read, /: the schema has no type "/);
    };
    // Those that look like a type, in part or by its name alone, too.
    const names = [
      'nope',
      'M',
      '.new.M',
      'new.M.nope',
      'new.M.any',
      'new..M',
      'new',
      'Any',
      'x.new.M',
      '__proto__',
      '',
    ];
    refuse('x/first');
    const before = countKept(message.root);
    for (const name of [...names, ...Array.from({ length: 20 }, (_, index) => `n${index}.M`)]) refuse(`x/${name}`);
    assert.is(countKept(message.root), before);
  });

  it('may hold a type that the schema has got since', () => {
    const message = holderOfAny();
    const type = proto3<object>(message);
    const text = '{"any":{"@type":"x/late.Guest","a":5}}';
    throws(() => type.parse(text), 'expected ProtoJSON of new.M: any.@type: the schema has no type "late.Guest"');
    protobuf.parse('syntax = "proto3"; package late; message Guest { int32 a = 1; }', message.root);
    assert.is(type.format(type.parse(text)), text);
  });
});

/** Counts the members of all objects that one leads to. */
function countKept(start: object): number {
  const found = new Set([start]);
  let count = 0;
  for (const object of found) {
    for (const member of Object.values(object) as unknown[]) {
      count++;
      if (typeof member === 'object' && member !== null) found.add(member);
    }
  }
  return count;
}
