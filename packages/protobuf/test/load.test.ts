import { fileURLToPath } from 'node:url';
import { FlagError } from '@flagz/core';
import { loadProto3 } from '@flagz/protobuf/load';
import { assert, describe, throws } from '@flagz/test-runner';

const schemas = new URL('schemas/', import.meta.url);
const importPaths = [fileURLToPath(new URL('imported', schemas))];
const PRICING = new URL('pricing.proto', schemas);
const TEXT = '{"cents":"5","currency":"USD","tiers":[{"name":"gold"}],"valid_for":"60s"}';

describe('loadProto3()', (it) => {
  it('reads a schema and its imports: well-known types, the folder of the file, the import paths', () => {
    const file = new URL('pricing.proto', schemas);
    for (const place of [file, fileURLToPath(file)]) {
      const type = loadProto3(place, 'demo.Pricing', { importPaths });
      assert.is(type.name, 'proto3 demo.Pricing');
      assert.is(type.format(type.parse(TEXT)), TEXT);
    }
  });

  it('finds whatever protobufjs has of google/protobuf', () => {
    const type = loadProto3(new URL('google.proto', schemas), 'demo.Google');
    const text = '{"api":{"name":"x","source_context":{"file_name":"a.proto"}},"context":{"file_name":"b.proto"}}';
    assert.is(type.format(type.parse(text)), text);
  });

  it('passes on how strict to be', () => {
    const options = { importPaths, allowUnknownFields: true };
    const type = loadProto3(new URL('pricing.proto', schemas), 'demo.Pricing', options);
    assert.is(type.format(type.parse('{"cents":"5","nobody_knows":1}')), '{"cents":"5"}');
  });

  const faults: readonly (readonly [file: string, typeName: string, paths: readonly string[], reason: RegExp])[] = [
    ['none.proto', 'demo.Pricing', importPaths, /^schema ".*none\.proto": ENOENT: .*; check the path, the imports and/],
    ['pricing.proto', 'demo.Price', importPaths, /: no such type: demo\.Price; check/],
    ['pricing.proto', 'shared.Currency', importPaths, /: no such type: shared\.Currency; check/],
    [
      'pricing.proto',
      'demo.Pricing',
      [],
      /: cannot find the import "shared\/currency\.proto" of ".*pricing\.proto": looked in ".*schemas"; name its folder in importPaths; check/,
    ],
    [
      'https://example.org/pricing.proto',
      'demo.Pricing',
      importPaths,
      /^schema "https:\/\/example\.org\/pricing\.proto": The URL must be of scheme file; check/,
    ],
    ['broken.proto', 'demo.Pricing', importPaths, /: illegal .*; check/],
  ];
  for (const [file, typeName, paths, reason] of faults) {
    it(`says what is wrong: ${file}, ${typeName}, ${paths.length} import paths`, () => {
      const load = (): unknown => loadProto3(new URL(file, schemas), typeName, { importPaths: paths });
      const error = throws(load, FlagError) as FlagError;
      assert.is(error.code, 'FLAGZ_DECLARATION');
      assert.match(error.message, reason);
    });
  }

  const misuses: readonly (readonly [args: readonly unknown[], reason: RegExp])[] = [
    [['', 'demo.Pricing'], /^loadProto3: file: expected a path or a file: URL$/],
    [[undefined, 'demo.Pricing'], /^loadProto3: file: expected a path/],
    [[null, 'demo.Pricing'], /^loadProto3: file: expected a path/],
    [[PRICING, ''], /^loadProto3: typeName: expected the name of a message with its package, such as "demo\.Pricing"$/],
    [[PRICING], /^loadProto3: typeName: expected the name/],
    [[PRICING, 'demo.Pricing', null], /^loadProto3: options: expected an object$/],
    [[PRICING, 'demo.Pricing', 'protos'], /^loadProto3: options: expected an object$/],
    [[PRICING, 'demo.Pricing', { importPaths: 'protos' }], /^loadProto3: importPaths: expected a list of folders$/],
    [[PRICING, 'demo.Pricing', { importPaths: [PRICING] }], /^loadProto3: importPaths: expected a list of folders$/],
    [
      [PRICING, 'demo.Pricing', { importPaths, allowUnknownFields: 'no' }],
      /^message demo\.Pricing: allowUnknownFields: expected true or false$/,
    ],
  ];
  for (const [args, reason] of misuses) {
    it(`says which argument is wrong: ${reason.source}, ${JSON.stringify(args.slice(1))}`, () => {
      const error = throws(() => loadProto3(...(args as Parameters<typeof loadProto3>)), TypeError);
      assert.match(error.message, reason);
    });
  }
});
