import protobuf from 'protobufjs';

const SCHEMA = `
  syntax = "proto3";
  package t;
  import "google/protobuf/any.proto";
  import "google/protobuf/duration.proto";
  import "google/protobuf/field_mask.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto";
  import "google/protobuf/wrappers.proto";
  enum Kind { NONE = 0; ONE = 1; }
  message Inner { int32 max_rate = 1; string name = 2; Inner inner = 3; }
  message Everything {
    int32 i32 = 1; uint32 u32 = 2; sint32 s32 = 3; fixed32 f32 = 4; sfixed32 sf32 = 5;
    int64 i64 = 6; uint64 u64 = 7; sint64 s64 = 8; fixed64 f64 = 9; sfixed64 sf64 = 10;
    bool yes = 11; string text = 12; bytes raw = 13; float fl = 14; double dbl = 15;
    Kind kind = 16; repeated Kind kinds = 17; repeated int32 nums = 18; repeated string texts = 19;
    Inner inner = 20; repeated Inner inners = 21;
    map<string, Inner> by_name = 22; map<int64, string> by_number = 23; map<bool, Kind> by_truth = 24;
    oneof side { string left_side = 25; Inner right_side = 26; }
    optional int32 maybe = 27;
    google.protobuf.Any any = 30; google.protobuf.Duration lasts = 31; google.protobuf.FieldMask mask = 32;
    google.protobuf.Struct tree = 33; google.protobuf.Value any_value = 34; google.protobuf.Timestamp at = 35;
    google.protobuf.Int64Value wrapped = 36; google.protobuf.BytesValue wrapped_raw = 37;
    google.protobuf.ListValue list = 38; repeated google.protobuf.NullValue nulls = 39;
    repeated google.protobuf.FieldMask masks = 42; repeated google.protobuf.Value values = 43;
    map<string, google.protobuf.Value> value_by = 44; map<string, google.protobuf.NullValue> null_by = 45;
  }`;

/** Makes a type with a field of each kind: each test has its own. */
export function everythingType(): protobuf.Type {
  const { root } = protobuf.parse(SCHEMA);
  for (const name of ['any', 'duration', 'field_mask', 'struct', 'timestamp', 'wrappers']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  root.resolveAll();
  return root.lookupType('t.Everything');
}

/** Writes bytes as they are read: `hex('0a 03')`. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}
