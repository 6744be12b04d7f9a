// timeout: 300 s
import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { assertNoFault, assertSafe, hostileText, tryAll, watched } from '@flagz/fuzz';

const SCHEMA = `
  syntax = "proto3";
  import "google/protobuf/any.proto";
  import "google/protobuf/field_mask.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto";
  enum Kind { NONE = 0; ONE = 1; }
  message Tree {
    string a = 1;
    map<string, Tree> kids = 2;
    google.protobuf.Struct tree = 3;
    google.protobuf.Any any = 4;
    google.protobuf.Timestamp at = 5;
    repeated double numbers = 6;
    bytes raw = 7;
    oneof one { int32 left = 8; uint64 right = 9; }
    repeated Kind kinds = 10;
    google.protobuf.FieldMask mask = 11;
    map<int64, string> names = 12;
  }
  message Wider { string b = 20; map<string, Tree> more = 21; }`;

function load(): protobuf.Root {
  const { root } = protobuf.parse(SCHEMA);
  for (const name of ['any', 'field_mask', 'struct', 'timestamp']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  root.resolveAll();
  return root;
}

const wild = fc.string({ unit: 'binary', maxLength: 12 });

/** Makes messages with nothing wrong in them, so that a parser that refuses all of them shows, however few are tried. */
const goodMessages: fc.Arbitrary<object> = fc.letrec<{ message: object }>((tie) => ({
  message: fc.record(
    {
      a: wild,
      kids: fc.dictionary(
        fc.stringMatching(/^[a-z]{1,4}$/),
        fc.oneof({ maxDepth: 2 }, fc.constant({}), tie('message')),
        {
          maxKeys: 3,
        },
      ),
      at: fc.record({ seconds: fc.integer({ min: 0, max: 2_000_000_000 }), nanos: fc.nat(999_999_999) }),
      numbers: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 3 }),
      raw: fc.uint8Array({ maxLength: 9 }),
      left: fc.integer(),
      kinds: fc.array(fc.nat(1), { maxLength: 3 }),
      names: fc.dictionary(fc.integer().map(String), wild, { maxKeys: 3 }),
    },
    { requiredKeys: ['left'] },
  ),
})).message;

/** Makes messages that are really encoded, with what people can put into them; some not of the type that is read. */
function encodedMessages(root: protobuf.Root): fc.Arbitrary<Uint8Array> {
  const [tree, wider] = [root.lookupType('Tree'), root.lookupType('Wider')];
  const url = fc.oneof(
    fc.constantFrom('type.googleapis.com/Tree', 'x/google.protobuf.Timestamp', 'x/Wider', 'Tree'),
    wild.map((name) => `x/${name}`),
  );
  const value = fc.oneof(
    fc.record({ nullValue: fc.constant(0) }),
    fc.record({ numberValue: fc.double() }),
    fc.record({ stringValue: wild }),
  );
  const { message } = fc.letrec<{ message: object }>((tie) => ({
    message: fc.record(
      {
        a: wild,
        kids: fc.dictionary(wild, fc.oneof({ maxDepth: 2 }, fc.constant({}), tie('message')), {
          maxKeys: 3,
        }),
        tree: fc.record({ fields: fc.dictionary(wild, value, { maxKeys: 3 }) }),
        any: fc.record({
          type_url: url,
          value: fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(new Uint8Array())),
        }),
        at: fc.record({ seconds: fc.integer(), nanos: fc.integer() }),
        numbers: fc.array(fc.double(), { maxLength: 3 }),
        raw: fc.uint8Array({ maxLength: 9 }),
        left: fc.integer(),
        kinds: fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }),
        mask: fc.record({ paths: fc.array(wild, { maxLength: 2 }) }),
        names: fc.dictionary(fc.integer().map(String), wild, { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    ),
  }));
  const whole = message.map((members) => tree.encode(members).finish());
  const stranger = fc
    .tuple(wild, fc.dictionary(wild, message, { maxKeys: 2 }))
    .map(([b, more]) => wider.encode({ b, more }).finish());
  const hurt = fc.tuple(whole, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const copy = new Uint8Array(bytes);
    if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });
  const cut = fc.tuple(whole, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1)));
  const joined = fc.tuple(whole, fc.oneof(whole, stranger)).map((parts) => new Uint8Array(Buffer.concat(parts)));
  return fc.oneof(whole, stranger, hurt, cut, joined);
}

/** Makes ProtoJSON with the fields that there are, and what does not belong into them. */
const wildJson: fc.Arbitrary<string> = fc
  .dictionary(
    fc.oneof(
      fc.constantFrom('a', 'kids', 'tree', 'any', 'at', 'numbers', 'raw', 'left', 'right', 'kinds', 'mask', 'names'),
      wild,
    ),
    fc.anything({
      key: fc.oneof(fc.constantFrom('a', 'kids', '@type', 'value', '__proto__'), wild),
      maxDepth: 4,
      values: [wild, fc.double(), fc.integer(), fc.constant(null), fc.constantFrom('x/Tree', 'ONE', '1', 'AQ==')],
    }),
    { maxKeys: 4 },
  )
  .map((members) => JSON.stringify(members));

/** Makes ProtoJSON with texts, half of a surrogate pair among them, at each place where text is. */
const wildTexts: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom('a', 'B', ',', '\ud800', '\udfff', '\u{1f600}'), maxLength: 4 })
  .chain((text) =>
    fc.constantFrom<object>(
      { a: text },
      { mask: text },
      { names: { 1: text } },
      { tree: { [text]: text } },
      { any: { '@type': `${text}/Tree` } },
      { any: { '@type': 'x/Tree', mask: text } },
      { any: { '@type': 'x/google.protobuf.FieldMask', value: text } },
    ),
  )
  .map((message) => JSON.stringify(message));

describe('hostile messages', (it) => {
  for (const allowUnknownFields of [false, true]) {
    const type = watched(proto3<object>(load().lookupType('Tree'), { allowUnknownFields }));
    const title = allowUnknownFields ? ', where unknown fields are allowed' : '';

    it(`in the binary form are taken, or refused with a safe message${title}`, () => {
      const flags = new FlagSet('fuzz');
      const flag = flags.dynamic('message', type, {}, 'x');
      tryAll(encodedMessages(load()), (bytes) => {
        const [refused] = flags.load({ name: 'fuzz', kind: 'source' }, [['message', bytes]]).rejected;
        if (refused) {
          assert.instance(refused.error, FlagError);
          assertNoFault(refused.error);
          assertSafe(refused.error.message);
          assertSafe(refused.text ?? '');
          return;
        }
        const { text } = flag;
        flag.setText(text);
        assert.is(flag.text, text);
        flag.reset();
      });
    });

    it(`in the binary form that are good are taken${title}`, () => {
      const flag = new FlagSet('fuzz').dynamic('message', type, {}, 'x');
      const tree = load().lookupType('Tree');
      tryAll(goodMessages, (message) => {
        const bytes = tree.encode(tree.fromObject(message)).finish();
        flag.setText(`base64:${Buffer.from(bytes).toString('base64')}`);
        const { text } = flag;
        flag.setText(text);
        assert.is(flag.text, text);
      });
    });

    it(`in JSON are taken, or refused with a safe message${title}`, () => {
      const flag = new FlagSet('fuzz').dynamic('message', type, {}, 'x');
      tryAll(fc.oneof(wildJson, wildTexts, hostileText), (text) => {
        try {
          flag.setText(text);
        } catch (error) {
          assert.instance(error, FlagError);
          assertNoFault(error);
          assertSafe((error as Error).message);
          return;
        }
        const taken = flag.text;
        flag.setText(taken);
        assert.is(flag.text, taken);
      });
    });
  }

  it('made by the program are taken, or refused with a safe message, and never emptied', () => {
    const flag = new FlagSet('fuzz').dynamic('message', watched(proto3<object>(load().lookupType('Tree'))), {}, 'x');
    const key = fc.oneof(
      fc.constantFrom('a', 'kids', 'tree', 'any', 'at', 'numbers', 'raw', 'left', 'kinds', 'mask', 'names'),
      wild,
    );
    tryAll(
      fc.anything({ key, maxDepth: 3, withNullPrototype: true, withBigInt: true, withTypedArray: true }),
      (value) => {
        try {
          flag.set(value as object);
        } catch (error) {
          assert.instance(error, FlagError);
          assertNoFault(error);
          assertSafe((error as Error).message);
          return;
        }
        const given = value as Readonly<Record<string, unknown>>;
        for (const name of Object.keys(given))
          assert.ok(
            ['one', 'a', 'kids', 'tree', 'any', 'at', 'numbers', 'raw', 'left', 'kinds', 'mask', 'names'].includes(
              name,
            ),
            name,
          );
      },
    );
  });

  it('made by the program that are good are taken', () => {
    const flag = new FlagSet('fuzz').dynamic('message', watched(proto3<object>(load().lookupType('Tree'))), {}, 'x');
    tryAll(goodMessages, (message) => {
      flag.set(message);
      const { text } = flag;
      flag.setText(text);
      assert.is(flag.text, text);
    });
  });
});
