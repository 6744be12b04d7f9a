/** Is a request, whichever kind of server it reached. */
export interface Ask {
  readonly method: string;
  /** What follows the question mark. */
  readonly query: string;
  header(name: string): string | undefined;
  /**
   * Reads the body.
   *
   * @throws {BodyError} when it is longer than `maxBytes`, or gone already.
   */
  readBody(maxBytes: number): Promise<string>;
  /** Aborts when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

/** Is what to answer: a text, or a stream of them that ends with `gone`. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<string>;
}

/** How long a reader may take to take what was written, before it is given up, in milliseconds. */
export const DRAIN_TIMEOUT_MS = 60_000;

/** Says why a body cannot be read, and the status that tells so. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a body of bytes up to a bound. @throws {BodyError} */
export async function readBounded(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const utf8 = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyError(413, `the body is longer than ${maxBytes} bytes`);
    text += utf8.decode(chunk, { stream: true });
  }
  return text + utf8.decode();
}

/** Answers with a message for people, one line. */
export function plain(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${message}\n` };
}

/** Answers with JSON, indented for people. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  };
}
