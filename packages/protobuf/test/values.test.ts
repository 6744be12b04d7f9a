import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { FlagError, FlagSet } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import { everythingType } from './everything.ts';

const INT64 = 'a 64-bit integer: a safe number, a bigint, a Long or digits';

class Getters {
  get text(): string {
    return 'a';
  }
}

describe('a message that a program makes', (it) => {
  const refusals: readonly (readonly [value: unknown, reason: string])[] = [
    [{ by_name: {} }, 'by_name: unknown field: in values it is called byName'],
    [{ curency: 'x' }, 'curency: unknown field'],
    [{ inners: [{}, { zz: 1 }] }, 'inners[1].zz: unknown field'],
    [{ byName: { 'a.b': { zz: 1 } } }, 'byName["a.b"].zz: unknown field'],
    ['x', 'expected an object'],
    [5, 'expected an object'],
    [null, 'expected an object'],
    [[], 'expected an object'],
    [{ i32: 'x' }, 'i32: expected a 32-bit integer'],
    [{ i32: 1.5 }, 'i32: expected a 32-bit integer'],
    [{ i32: 2 ** 31 }, 'i32: expected a 32-bit integer'],
    [{ u32: -1 }, 'u32: expected an unsigned 32-bit integer'],
    [{ i64: 'x' }, `i64: expected ${INT64}`],
    [{ i64: 2 ** 53 }, `i64: expected ${INT64}`],
    [{ raw: 'AQ==' }, 'raw: expected a Uint8Array'],
    [{ raw: [1] }, 'raw: expected a Uint8Array'],
    [{ lasts: '1s' }, 'lasts: expected an object'],
    [{ text: 5 }, 'text: expected a string'],
    [{ yes: 1 }, 'yes: expected a boolean'],
    [{ dbl: '1' }, 'dbl: expected a number'],
    [{ kind: 'TWO' }, 'kind: expected a value of Kind'],
    [{ nums: 5 }, 'nums: expected an array'],
    [{ nums: [1, null] }, 'nums[1]: expected a 32-bit integer'],
    [{ byName: [] }, 'byName: expected an object, of keys and values'],
    [{ any: { typeUrl: 'x/t.Inner' } }, 'any.typeUrl: unknown field: in values it is called type_url'],
  ];
  const instances: readonly (readonly [what: string, value: object, reason: string])[] = [
    ['a Date for a Timestamp', { at: new Date() }, 'at: expected an object, got an instance of Date'],
    [
      'a Map for a map',
      { byName: new Map([['a', {}]]) },
      'byName: expected an object, of keys and values, got an instance of Map',
    ],
    ['a Map', new Map([['text', 'a']]), 'expected an object, got an instance of Map'],
    ['an Error in a list', { inners: [{}, new Error('x')] }, 'inners[1]: expected an object, got an instance of Error'],
    ['a Promise', Promise.resolve({ text: 'a' }), 'expected an object, got an instance of Promise'],
    ['bytes', { inner: new Uint8Array(1) }, 'inner: expected an object, got an instance of Uint8Array'],
    ['a class with getters', new Getters(), 'expected an object, got an instance of Getters'],
    [
      'a class without a name',
      runInNewContext('new (class {})()') as object,
      'expected an object, got an instance of a class',
    ],
    ['the halves of a Long', { i64: { low: 1, high: 0, unsigned: false } }, `i64: expected ${INT64}`],
  ];
  for (const [what, value, reason] of instances) {
    it(`is refused rather than emptied, by set() and as a default: ${what}`, () => {
      const type = proto3<object>(everythingType());
      const flags = new FlagSet('s');
      const flag = flags.dynamic('p', type, { text: 'x' }, '');
      const expected = `expected a message of t.Everything: ${reason}`;
      assert.is(throws(() => flag.set(value), FlagError).message, `flag "p": ${expected}`);
      assert.is(flag.text, '{"text":"x"}');
      assert.ok(throws(() => flags.dynamic('q', type, value, ''), Error).message.endsWith(`: ${expected}`));
    });
  }

  it('may be of objects without a prototype, and of another realm', () => {
    const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), {}, '');
    flag.set(runInNewContext('({ inner: { name: "a" }, byName: { b: {} } })') as object);
    assert.is(flag.text, '{"by_name":{"b":{}},"inner":{"name":"a"}}');
    flag.set(Object.assign(Object.create(null) as object, { text: 'b' }));
    assert.is(flag.text, '{"text":"b"}');
  });

  for (const [value, reason] of refusals) {
    it(`is refused rather than emptied: ${JSON.stringify(value)}`, () => {
      const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), { text: 'x' }, '');
      const { message } = throws(() => flag.set(value as object), FlagError);
      assert.is(message, `flag "p": expected a message of t.Everything: ${reason}`);
      assert.is(flag.text, '{"text":"x"}');
    });
  }

  it('is refused as a default, too', () => {
    interface Wrong {
      readonly max_rate?: number;
    }
    const { root } = protobuf.parse('syntax = "proto3"; message P { int32 max_rate = 1; }');
    const declare = (): unknown =>
      new FlagSet('s').dynamic('p', proto3<Wrong>(root.lookupType('P')), { max_rate: 7 }, '');
    throws(declare, /: max_rate: unknown field: in values it is called maxRate$/);
  });

  it('may hold 64-bit integers of each kind, enums by name, absent members, and messages of classes', () => {
    const message = everythingType();
    const flag = new FlagSet('s').dynamic('p', proto3<object>(message), {}, '');
    const { i64: nine } = proto3<{ i64?: unknown }>(message).parse('{"i64":"9"}');
    const values: readonly (readonly [value: object, text: string])[] = [
      [
        { i64: 5, u64: 2n ** 64n - 1n, s64: '-7', sf64: nine },
        '{"i64":"5","s64":"-7","sf64":"9","u64":"18446744073709551615"}',
      ],
      [{ kind: 'ONE', text: undefined, inner: null }, '{"kind":"ONE"}'],
      [message.create({ byName: { a: {} }, raw: new Uint8Array([1]) }), '{"by_name":{"a":{}},"raw":"AQ=="}'],
      [{ lasts: { seconds: 1 }, side: 'leftSide', leftSide: '' }, '{"lasts":"1s","left_side":""}'],
      [{ any: { type_url: 'x/t.Inner', value: new Uint8Array([8, 5]) } }, '{"any":{"@type":"x/t.Inner","max_rate":5}}'],
    ];
    for (const [value, text] of values) {
      flag.set(value);
      assert.is(flag.text, text);
    }
  });
});

describe('a message of a program that nests', (it) => {
  it('is refused beyond 100 levels, and where it never ends', () => {
    const flag = new FlagSet('s').dynamic('p', proto3<object>(everythingType()), {}, '');
    const nested = (levels: number): object => (levels === 0 ? {} : { inner: nested(levels - 1) });
    flag.set(nested(100));
    assert.is(flag.text, `${'{"inner":'.repeat(100)}{}${'}'.repeat(100)}`);
    const cycle: { inner?: object } = {};
    cycle.inner = cycle;
    const reason = `inner${'.inner'.repeat(15)}…: nested deeper than 100 levels`;
    for (const value of [nested(101), cycle]) {
      throws(() => flag.set(value), `flag "p": expected a message of t.Everything: ${reason}`);
    }
  });
});

describe('the canonical text', (it) => {
  it('has the names of the schema in maps of each kind of key, whatever their order', () => {
    const { root } = protobuf.parse(`
      syntax = "proto3";
      message Kid { int32 maxAge = 1; int32 min_age = 2; }
      message P {
        map<int64, Kid> by_long = 1; map<int32, Kid> by_int = 2; map<bool, Kid> by_truth = 3; map<string, Kid> by_name = 4;
        repeated Kid kids = 5; Kid the_kid = 6;
      }`);
    const type = proto3(root.lookupType('P'));
    const kid = '{"maxAge":2,"min_age":1}';
    const text = `{"by_int":{"-5":${kid}},"by_long":{"-9007199254740993":${kid}},"by_name":{"__proto__":${kid},"b":{}},"by_truth":{"true":${kid}},"kids":[${kid},{}],"the_kid":{}}`;
    assert.is(type.format(type.parse(text)), text);
  });
});

describe('a schema that a program makes', (it) => {
  it('works without a root', () => {
    const type = new protobuf.Type('P').add(new protobuf.Field('maxRate', 1, 'int32'));
    const flag = new FlagSet('s').dynamic('p', proto3<{ maxRate?: number }>(type), {}, '');
    flag.set({ maxRate: 7 });
    assert.equal([flag.text, flag.get().maxRate], ['{"maxRate":7}', 7]);
    assert.is(proto3(type).name, 'proto3 P', 'twice');
  });

  it('works in a root, with messages in messages', () => {
    const kid = new protobuf.Type('Kid').add(new protobuf.Field('age', 1, 'uint32'));
    const type = new protobuf.Type('P').add(new protobuf.Field('kids', 1, 'Kid', 'repeated')).add(kid);
    new protobuf.Root().define('demo').add(type);
    const read = proto3(type);
    assert.is(read.name, 'proto3 demo.P');
    assert.is(read.format(read.parse('{"kids":[{"age":3}]}')), '{"kids":[{"age":3}]}');
    throws(() => read.parse('{"kids":[{"ages":3}]}'), /: kids\[0\]\.ages: unknown field$/);
  });

  it('works as a class of messages', () => {
    class P extends protobuf.Message<P> {
      static override readonly $type: protobuf.Type = new protobuf.Type('P').add(
        new protobuf.Field('maxRate', 1, 'int32'),
      );
      declare maxRate?: number;
    }
    P.$type.ctor = P;
    const type = proto3<P>(P);
    const value = type.parse('{"maxRate":5}');
    assert.instance(value, P);
    assert.is(type.format(value), '{"maxRate":5}');
  });

  const misuses: readonly (readonly [what: string, message: () => unknown, reason: RegExp])[] = [
    [
      'nothing',
      () => undefined,
      /^proto3: expected a reflected type of protobufjs, a class that has one as \$type, or a/,
    ],
    ['an object of another kind', () => ({}), /^proto3: expected a reflected type/],
    [
      'a required field',
      () => ofProto2('message M { required int32 a = 1; }'),
      /^message M: M\.a is a required field, which only/,
    ],
    [
      'a group',
      () => ofProto2('message M { optional group G = 1 { optional int32 a = 1; } }'),
      /^message M: M\.g is a group, which/,
    ],
    [
      'an extension',
      () => ofProto2('message M { extensions 5 to 9; } extend M { optional int32 a = 5; }'),
      /^message M: M\..* is an extension/,
    ],
  ];
  for (const [what, message, reason] of misuses) {
    it(`is refused at declaration: ${what}`, () => {
      const error = throws(() => proto3(message() as protobuf.Type), FlagError) as FlagError;
      assert.is(error.code, 'FLAGZ_DECLARATION');
      assert.match(error.message, reason);
    });
  }

  it('is refused at declaration, where the options are none', () => {
    const type = new protobuf.Type('M');
    throws(() => proto3(type, null as unknown as object), TypeError);
    throws(() => proto3(type, null as unknown as object), 'message M: options: expected an object');
  });

  it('is refused at declaration, where no code may be made of it', async () => {
    const script = `
      const { default: protobuf } = await import('protobufjs');
      const { proto3 } = await import('@flagz/protobuf');
      const { root } = protobuf.parse('syntax = "proto3"; package d; message P { int32 a = 1; }');
      try { proto3(root.lookupType('d.P')); } catch ({ code, message }) { console.log(code, message); }`;
    const node = [...process.execArgv, '--disallow-code-generation-from-strings', '--input-type=module', '-e', script];
    const cwd = new URL('..', import.meta.url);
    const { stdout } = await promisify(execFile)(process.execPath, node, { cwd });
    assert.is(
      stdout.trim(),
      'FLAGZ_DECLARATION message d.P: protobufjs makes code of schemas, which is forbidden here (--disallow-code-generation-from-strings, or a Content-Security-Policy); ' +
        'give proto3() a codec of protobuf-es, as the README of @flagz/protobuf shows',
    );
  });
});

function ofProto2(schema: string): protobuf.Type {
  return protobuf.parse(`syntax = "proto2"; ${schema}`).root.lookupType('M');
}
