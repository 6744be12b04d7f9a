export { proto3 } from './proto3.ts';
export type { MessageCodec } from './message-codec.ts';
export { type Proto3Options, reflectedCodec } from './reflected-codec.ts';
