/**
 * Reads and writes messages of one type, at once: what `proto3` needs to know of a protobuf library.
 *
 * protobufjs types fit through {@link reflectedCodec}; for protobuf-es it takes five lines, shown in the README.
 */
export interface MessageCodec<T> {
  /** Names the message, for errors and pages: `demo.Pricing`. */
  readonly typeName?: string;
  /** Reads ProtoJSON. @throws {Error} with the reason, for what is no such message. */
  fromJsonString(text: string): T;
  /** Writes ProtoJSON, with integers beyond 2^53 in quotes. */
  toJsonString(message: T): string;
  /** Reads the binary form. @throws {Error} for what is no such message. */
  decode(bytes: Uint8Array): T;
  /** Writes the binary form. */
  encode(message: T): Uint8Array;
}
