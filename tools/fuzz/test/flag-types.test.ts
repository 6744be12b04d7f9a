// timeout: 300 s
import {
  FlagError,
  FlagSet,
  type Source,
  type SourceSink,
  type Watcher,
  boolean,
  duration,
  float64,
  int,
  int64,
  json,
  matches,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import { z } from 'zod';
import { assertNoFault, assertSafe, hostileBytes, hostileText, tryAll, watched } from '@flagz/fuzz';

const SCHEMA = `
  syntax = "proto3";
  import "google/protobuf/any.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto";
  message Tree {
    string a = 1;
    map<string, Tree> kids = 2;
    google.protobuf.Struct tree = 3;
    google.protobuf.Any any = 4;
    google.protobuf.Timestamp at = 5;
    repeated double numbers = 6;
    bytes raw = 7;
    oneof one { int32 left = 8; uint64 right = 9; }
  }`;

function treeType(): protobuf.Type {
  const { root } = protobuf.parse(SCHEMA);
  for (const name of ['any', 'struct', 'timestamp']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  return root.lookupType('Tree');
}

/** Declares one flag of each type; the last ones are those that people write. */
function declare(flags: FlagSet) {
  return [
    flags.dynamic('boolean', watched(boolean), true, 'x'),
    flags.dynamic('duration', watched(duration), 1, 'x'),
    flags.dynamic('float64', watched(float64), 1, 'x'),
    flags.dynamic('int', watched(int), 1, 'x'),
    flags.dynamic('int64', watched(int64), 1n, 'x'),
    flags.dynamic('json', watched(json()), { a: 1 }, 'x'),
    flags.dynamic('any_json', watched(json()), null as unknown, 'x'),
    flags.dynamic('schema', watched(json(z.strictObject({ a: z.record(z.string(), z.unknown()) }))), { a: {} }, 'x'),
    flags.dynamic('record', watched(json(z.record(z.string(), z.number()))), {}, 'x'),
    flags.dynamic('one_of', watched(oneOf('a', 'b')), 'a', 'x'),
    flags.dynamic('string', watched(string), '', 'x').withValidator(matches(/^[^\0]*$/)),
    flags.dynamic('string_set', watched(stringSet), new Set(['a']), 'x'),
    flags.dynamic('string_slice', watched(stringSlice), ['a'], 'x'),
    flags.dynamic('proto3', watched(proto3<object>(treeType())), {}, 'x'),
    flags.dynamic('lenient_proto3', watched(proto3<object>(treeType(), { allowUnknownFields: true })), {}, 'x'),
    flags.dynamic('secret', watched(json()), { a: 1 }, 'x', { sensitive: true }),
  ];
}

describe('hostile text', (it) => {
  const flags = new FlagSet('fuzz');
  for (const flag of declare(flags)) {
    it(`is taken, or refused with a FlagError that changes nothing: ${flag.name}`, () => {
      tryAll(hostileText, (text) => {
        const before = flag.text;
        try {
          flag.setText(text);
        } catch (error) {
          assert.instance(error, FlagError);
          assertNoFault(error);
          assertSafe((error as Error).message);
          assert.is(flag.text, before);
          return;
        }
        const taken = flag.text;
        flag.setText(taken);
        assert.is(flag.text, taken);
      });
    });
  }
});

/** Follows a source that says what the test says. */
async function following(flags: FlagSet): Promise<{ watcher: Watcher; sink: SourceSink }> {
  let opened: SourceSink | undefined;
  const source: Source = {
    name: 'fuzz',
    async watch(sink, signal) {
      sink.replace([]);
      opened = sink;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const watcher = await flags.watch(source);
  return { watcher, sink: opened! };
}

describe('hostile bytes', (it) => {
  it('from a source throw at nobody: each key is accepted or refused', async () => {
    const flags = new FlagSet('fuzz');
    const names = declare(flags).map(({ name }) => name);
    const { watcher, sink } = await following(flags);
    await using _ = watcher;
    tryAll(hostileBytes, (bytes) => {
      const { accepted, rejected } = sink.update(names.map((name) => [name, bytes] as const));
      assert.is(new Set([...accepted, ...rejected.map(({ flag }) => flag)]).size, names.length);
      for (const { error, text } of rejected) {
        assert.instance(error, FlagError);
        assertNoFault(error);
        assertSafe(error.message);
        assertSafe(text ?? '');
      }
    });
    assert.is(watcher.state, 'live');
  });

  it('as keys are unknown keys, and no more', async () => {
    const flags = new FlagSet('fuzz');
    flags.dynamic('int', int, 1, 'x');
    const { watcher, sink } = await following(flags);
    await using _ = watcher;
    tryAll(hostileText, (key) => {
      if (key === 'int') return;
      assert.equal(sink.update([[key, '5']]).unknown, [key]);
      sink.update([[key, undefined]]);
    });
    assert.is(watcher.state, 'live');
  });
});
