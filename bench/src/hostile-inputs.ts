import protobuf from 'protobufjs';

/** How long each input is about, in characters or bytes. */
export const LENGTH = 10_000;
const SCHEMA = `
  syntax = "proto3";
  import "google/protobuf/any.proto";
  import "google/protobuf/struct.proto";
  message Tree {
    Tree kid = 1; repeated int32 numbers = 2; map<string, Tree> kids = 3; string text = 4; bytes raw = 5;
    repeated Tree list = 6; google.protobuf.Struct tree = 7; google.protobuf.Any any = 8; repeated string texts = 9;
    map<int64, int32> by_number = 10; Wide wide = 11;
  }
  enum Kind { NONE = 0; }
  message Wide {
    repeated Kind kinds = 1; Kind kind = 2; repeated Wide list = 3; map<string, int32> map = 4;
    ${Array.from({ length: 300 }, (_, index) => `string text_${index} = ${index + 10};`).join(' ')}
  }`;

/** What careless grammars, recursions and searches for the fault are slow on. */
const PIECES = [
  'x', '1', '_1', '.', 'e', '1h', '"', '""', '",', '"a",', 'a,', '\n', ' ', '[', '{"a":', '{"kid":', '\\u', '=', 'AAAA',
]; // prettier-ignore
const STARTS = ['', '"', '0x', '1.', '-', '{"text":"', '{"numbers":[', '{"raw":"', 'base64:', 'base64:Cv'];
const ENDS = ['', '!', '"', '"}', '0]}'];

type Inputs = Readonly<Record<string, string | Uint8Array>>;

/** Is something that somebody may put into a source. */
export interface HostileInput {
  readonly name: string;
  readonly raw: string | Uint8Array;
  /** Names what it is made for, which reads it first in a fresh process whether or not it is slow later. */
  readonly madeFor?: 'arguments' | 'messages' | 'requests' | 'watches';
}

/** Makes the inputs, the same ones and in the same order in every process. */
export function hostileInputs(): readonly HostileInput[] {
  const grown = PIECES.flatMap((piece) =>
    STARTS.flatMap((start) => ENDS.map((end) => start + piece.repeat(LENGTH / piece.length).slice(0, LENGTH) + end)),
  );
  return [
    ...grown.map((raw) => ({ name: quoted(raw), raw })),
    ...named('messages', messages()),
    ...named('arguments', argumentLists()),
    ...named('requests', requests()),
    ...named('watches', watchLines()),
  ];
}

function messages(): Inputs {
  const type = treeType();
  const encoded = (value: object): Uint8Array => type.encode(value).finish();
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
  const base64 = (content: Uint8Array): string => `base64:${Buffer.from(content).toString('base64')}`;
  return {
    'lists in lists': nested('[', '0', ']'),
    'messages in messages': nested('{"kid":', '{"x":1}', '}'),
    'maps in maps': nested('{"kids":{"a":', '{"x":1}', '}}'),
    'a list of numbers': `{"numbers":[${repeated('0', 4_990)}]}`,
    'a list of numbers, the last one wrong': `{"numbers":[${repeated('0', 4_990)},"x"]}`,
    'a list of messages': `{"list":[${repeated('{}', 3_300)}]}`,
    'a list of messages, the last one wrong': `{"list":[${repeated('{}', 3_300)},{"text":1}]}`,
    'a list of texts': `{"texts":[${repeated('""', 3_300)}]}`,
    'a map': `{"kids":${JSON.stringify(record(1_000, {}))}}`,
    'a map, the last value wrong': `{"kids":${JSON.stringify({ ...record(1_000, {}), z: { x: 1 } })}}`,
    'unknown fields': JSON.stringify(record(1_200, 0)),
    'a Struct of numbers': `{"tree":${JSON.stringify(record(1_200, 0))}}`,
    'a Struct of a list': `{"tree":{"a":[${repeated('0', 4_990)}]}}`,
    'Anys in Anys': nested('{"any":{"@type":"x/Tree","any":', '{"@type":"x/Tree"}', '}}'),
    'a map among many fields, the last value wrong': `{"wide":{"map":${JSON.stringify({ ...record(1_000, 1), z: 'x' })}}}`,
    'a list of messages of many fields': `{"wide":{"list":[${repeated('{"kind":5}', 890)}]}}`,
    'the same, the last one wrong': `{"wide":{"list":[${repeated('{"kind":5}', 890)},{"kind":"x"}]}}`,
    bytes: `{"raw":"${'AAAA'.repeat(2_490)}"}`,
    'binary: a list of messages': bytes('3200'.repeat(5_000)),
    'binary: a list of messages in base64': base64(bytes('3200'.repeat(3_700))),
    'binary: a map': encoded({ kids: record(1_200, {}) }),
    'binary: a map by number': encoded({
      byNumber: Object.fromEntries(Array.from({ length: 1_600 }, (_, i) => [i, 1])),
    }),
    'binary: packed numbers': encoded({ numbers: Array.from({ length: 9_990 }, () => 0) }),
    'binary: numbers that are not packed': bytes('1000'.repeat(5_000)),
    'binary: packed enum numbers that the schema does not know': encoded({
      wide: { kinds: Array.from({ length: 9_990 }, () => 5) },
    }),
    'binary: such numbers that are not packed': bytes(`5a904e${'0805'.repeat(5_000)}`),
    'binary: messages with such numbers': bytes(`5a904e${'1a021005'.repeat(2_500)}`),
    'binary: texts': bytes('4a00'.repeat(5_000)),
    'binary: one text': encoded({ text: 'é'.repeat(4_990) }),
    'binary: a list of numbers in a Struct': encoded({
      tree: { fields: { a: { listValue: { values: Array.from({ length: 900 }, () => ({ numberValue: 0 })) } } } },
    }),
    'binary: unknown fields': bytes('f80601'.repeat(3_300)),
    'binary: zeros': new Uint8Array(LENGTH),
    'binary: a number without end': new Uint8Array(LENGTH).fill(0xff),
    'binary: unknown groups in groups': bytes('fb06'.repeat(5_000)),
    'binary: Anys in Anys': anys(type),
  };
}

/** A space stands between two arguments. */
function argumentLists(): Inputs {
  return {
    'arguments: one flag again and again': '--rate=1 '.repeat(1_100),
    'arguments: a flag and its text': '--names a '.repeat(1_000),
    'arguments: one text': `--names=${'a,'.repeat(4_990)}`,
    'arguments: refused ones': '--rate=x '.repeat(1_100),
    'arguments: no-': '--no-on '.repeat(1_250),
    'arguments: short options': '-x '.repeat(3_300),
    'arguments: one group of short options': `-${'x'.repeat(9_990)}`,
    'arguments: paths into prototypes': '--__proto__.a.b=1 '.repeat(550),
    'arguments: words': 'x '.repeat(5_000),
  };
}

function requests(): Inputs {
  return {
    'a query or form of fields': 'q=a&'.repeat(2_500),
    'a form of one value': `flag=names&value=${'%22%2C'.repeat(1_600)}`,
    'JSON of one value': JSON.stringify({ flag: 'names', value: 'a,'.repeat(4_950) }),
    'ranges to accept': 'a/b;q=0.1,'.repeat(1_000),
    'parameters of a range': `a/b${';a=1'.repeat(2_400)}`,
    'tags to match': 'W/"1-2",'.repeat(1_200),
  };
}

function watchLines(): Inputs {
  const line = (fields: object, metadata: object = {}): string =>
    JSON.stringify({
      type: 'MODIFIED',
      object: { metadata: { name: 'flags', namespace: 'shop', ...metadata }, ...fields },
    });
  const entry = { manager: 'x', time: '2026-01-02T03:04:05Z', fieldsV1: { 'f:data': {} } };
  return {
    'a watch of many keys': line({ data: record(900, 'x') }),
    'a watch of one key': line({ data: { names: 'a,'.repeat(4_900) } }),
    'a watch of bytes': line({ binaryData: record(600, 'AAAA') }),
    'a watch of many writers': line({ data: {} }, { managedFields: Array.from({ length: 115 }, () => entry) }),
  };
}

function named(madeFor: NonNullable<HostileInput['madeFor']>, inputs: Inputs): readonly HostileInput[] {
  return Object.entries(inputs).map(([name, raw]) => ({ name, raw, madeFor }));
}

function record<T>(count: number, value: T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
}

/** Makes the message type that all messages are of; a fresh one, with which nothing was read. */
export function treeType(): protobuf.Type {
  const { root } = protobuf.parse(SCHEMA);
  for (const name of ['any', 'struct']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  root.resolveAll();
  return root.lookupType('Tree');
}

function anys(type: protobuf.Type): Uint8Array {
  let value = new Uint8Array();
  for (let level = 0; level < 90; level++) {
    value = new Uint8Array(type.encode({ any: { type_url: 'x/Tree', value } }).finish());
  }
  return value;
}

function nested(open: string, middle: string, close: string): string {
  const levels = Math.floor((LENGTH - middle.length) / (open.length + close.length));
  return open.repeat(levels) + middle + close.repeat(levels);
}

function repeated(item: string, times: number): string {
  return `${`${item},`.repeat(times - 1)}${item}`;
}

function quoted(text: string): string {
  return JSON.stringify(`${text.slice(0, 20)}…${text.slice(-5)}`);
}
