import { proto3 } from '@flagz/protobuf';
import { assert, describe, throws } from '@flagz/test-runner';
import protobuf from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import { countCalls } from './count-calls.ts';
import { hex } from './everything.ts';

function holderOfEnum(syntax: 'proto2' | 'proto3'): protobuf.Type {
  const label = syntax === 'proto2' ? 'optional ' : '';
  const schema = `
    syntax = "${syntax}";
    enum K { A = 0; B = 1; }
    message M { repeated K kinds = 1; ${label}K kind = 2; map<string, K> by_name = 3; repeated M list = 4; }`;
  return protobuf.parse(schema).root.lookupType('M');
}

/** Counts what protobufjs is asked while something is done. */
const countQuestions = (act: () => void): number => countCalls(protojson, 'fromJson', act);

describe('an enum number in the binary form that the schema does not know', (it) => {
  const places: readonly (readonly [what: string, bytes: string, text: string, path: string])[] = [
    ['in a packed list', '0a 03 010005', '{"kinds":["B","A",5]}', 'kinds[2]'],
    ['in a list that is not packed', '0801 0805', '{"kinds":["B",5]}', 'kinds[1]'],
    ['in a field', '10 ffffffffffffffffff01', '{"kind":-1}', 'kind'],
    ['in a map', '1a 05 0a0161 1005', '{"by_name":{"a":5}}', 'by_name.a'],
    ['in a message inside', '22 02 1005', '{"list":[{"kind":5}]}', 'list[0].kind'],
  ];
  for (const [what, bytes, text, path] of places) {
    it(`is taken of an open enum, and refused of a closed one: ${what}`, () => {
      const open = proto3(holderOfEnum('proto3'));
      const closed = proto3(holderOfEnum('proto2'));
      for (let again = 0; again < 2; again++) {
        assert.is(open.format(open.parseBytes?.(hex(bytes)) ?? {}), text);
        throws(() => closed.parseBytes?.(hex(bytes)), `expected the binary form of M: ${path}: unknown enum value`);
      }
    });
  }

  it('is taken whatever another message says of its own fields of that enum', () => {
    const { root } = protobuf.parse(`
      syntax = "proto3";
      enum E { Z = 0; }
      message Bad { E x = 1 [json_name = "y"]; E y = 2 [json_name = "z"]; }
      message Good { E e = 1; }`);
    const [bad, good] = ['Bad', 'Good'].map((name) => proto3(root.lookupType(name)));
    throws(() => bad?.parseBytes?.(hex('0807')), /duplicate/);
    assert.is(good?.format(good.parseBytes?.(hex('0807')) ?? {}), '{"e":7}');
  });

  it('costs no more where there are thousands of them', () => {
    const type = proto3(holderOfEnum('proto3'));
    const packed = hex(`0a 864e ${'05'.repeat(9_990)}`);
    for (const bytes of [packed, hex('0805'.repeat(5_000)), hex('22021005'.repeat(2_500))])
      assert.ok(countQuestions(() => type.parseBytes?.(bytes)) <= 1);
  });
});
