import protobuf from 'protobufjs';

const SCHEMA = `
  syntax = "proto3";
  package demo;
  import "google/protobuf/duration.proto";
  enum Policy { ALLOW = 0; DENY = 1; }
  message Tier { string tier_name = 1; int32 rate_limit = 2; }
  message Pricing {
    string currency = 1;
    int64 cents_total = 2;
    repeated string tiers = 3;
    Tier best_tier = 4;
    map<string, Tier> tier_map = 5;
    bytes raw_bytes = 6;
    Policy policy = 7;
    oneof limit { int32 per_second = 8; string limit_name = 9; }
    google.protobuf.Duration valid_for = 10;
    uint32 small = 11;
    repeated Tier tier_list = 12;
  }`;

/** Is the message that the tests work on. */
export interface Pricing {
  readonly currency?: string;
  readonly centsTotal?: unknown;
  readonly tiers?: readonly string[];
  readonly bestTier?: { readonly tierName?: string; readonly rateLimit?: number };
  readonly tierMap?: Readonly<Record<string, { readonly tierName?: string; readonly rateLimit?: number }>>;
}

/** Makes the type anew: each test has its own. */
export function pricingType(): protobuf.Type {
  const { root } = protobuf.parse(SCHEMA);
  root.addJSON(protobuf.common.get('google/protobuf/duration.proto')?.nested ?? {});
  root.resolveAll();
  return root.lookupType('demo.Pricing');
}
