/** Reads the parts of the binary form (https://protobuf.dev/programming-guides/encoding/), and never beyond its end. */
export class WireCursor {
  readonly bytes: Uint8Array;
  position: number;
  end: number;
  /** The lower and the higher half of the last varint, unsigned. */
  low = 0;
  high = 0;

  /** The number of the field that the last tag was for. */
  #id = 0;
  readonly #fault: (what: string) => Error;

  /** @param fault makes the error about what is wrong where the cursor is. */
  constructor(bytes: Uint8Array, fault: (what: string) => Error) {
    this.bytes = bytes;
    this.position = 0;
    this.end = bytes.length;
    this.#fault = fault;
  }

  /** Reads a varint of at most 64 bits. @throws {Error} */
  varint(): void {
    this.low = this.high = 0;
    for (let shift = 0; shift <= 63; shift += 7) {
      const byte = this.#next();
      const bits = byte & 0x7f;
      if (shift < 32) this.low |= bits << shift;
      if (shift === 28) this.high = bits >> 4;
      if (shift > 32) this.high |= bits << (shift - 32);
      if (shift === 63 && bits > 1) break;
      if (byte < 0x80) {
        this.low >>>= 0;
        this.high >>>= 0;
        return;
      }
    }
    throw this.#fault('a number of more than 64 bits');
  }

  /** Reads a tag. @throws {Error} */
  tag(): { readonly id: number; readonly wire: number } {
    this.varint();
    const id = this.low >>> 3;
    if (this.high !== 0 || id === 0) throw this.#fault('not a field number');
    this.#id = id;
    return { id, wire: this.low & 7 };
  }

  /** Reads a length, and gives where what has that length ends. @throws {Error} */
  length(): number {
    this.varint();
    const end = this.high === 0 ? this.position + this.low : Infinity;
    if (end > this.end) throw this.#fault('truncated');
    return end;
  }

  /** Passes over a value, of a group right after its tag. @throws {Error} */
  skip(wire: number, depth = 0): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#leap(this.position + 8);
    else if (wire === 2) this.#leap(this.length());
    else if (wire === 5) this.#leap(this.position + 4);
    else if (wire !== 3 || depth > 100) throw this.#fault('not the binary form');
    else this.#skipGroup(depth);
  }

  #skipGroup(depth: number): void {
    const start = this.#id;
    for (let { wire } = this.tag(); wire !== 4; { wire } = this.tag()) this.skip(wire, depth + 1);
    if (this.#id !== start) throw this.#fault('a group that ends as another');
  }

  #leap(to: number): void {
    if (to > this.end) throw this.#fault('truncated');
    this.position = to;
  }

  #next(): number {
    if (this.position >= this.end) throw this.#fault('truncated');
    return this.bytes[this.position++] as number;
  }
}
