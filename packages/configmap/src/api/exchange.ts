import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { SourceError } from '@flagz/core';
import type { Access } from './access.ts';
import type { Timing } from './timing.ts';

/** Far beyond what the API server lets a ConfigMap hold: 1 MiB of values, each byte of which may take six on the wire. */
const LARGEST_BYTES = 16 * 1024 * 1024;
const KEEP_ALIVE_MS = 10_000;

/** How late the end of a watch may arrive, in milliseconds. */
const WATCH_GRACE_MS = 15_000;

/** Says that nothing answered while the connection was made: worth another try at once, for the wait itself was one. */
export class UnansweredError extends SourceError {}

/**
 * Sends a GET and gives the answer's head; its body is still to be read.
 *
 * @throws {UnansweredError} when no connection stands in time.
 * @throws {SourceError} when there is no answer in time, or none at all.
 */
export async function send(
  access: Access,
  path: string,
  timing: Timing,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await sendOnce(access, path, timing, signal);
  } catch (error) {
    // The server may close a connection in the moment in which it is used again. A GET can be repeated.
    if (error instanceof ReusedError && !signal.aborted) return sendOnce(access, path, timing, signal);
    throw error;
  }
}

/** Reads the body of an answer, a bounded one in bounded time. @throws {SourceError} */
export async function readBody(response: IncomingMessage, { requestTimeoutMs }: Timing): Promise<Buffer> {
  const late = setTimeout(
    () => response.destroy(new Error(`not complete within ${requestTimeoutMs} ms`)),
    requestTimeoutMs,
  );
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    refuseEncoded(response);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LARGEST_BYTES) throw new Error(`longer than ${LARGEST_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    response.destroy();
    throw new SourceError(`the answer of the API server broke off: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(late);
  }
}

/**
 * Gives the lines of an answer as bytes arrive.
 *
 * Lines are cut as bytes and decoded when complete: a character may be split between chunks.
 *
 * @param seconds is how long the server was asked to let it last.
 * @param onPart is told of bytes that end no line: the connection lives.
 * @throws {SourceError} when it breaks off, is silent for too long or not ended in time, or is not lines of text.
 */
export async function* readLines(
  response: IncomingMessage,
  { silenceTimeoutMs }: Timing,
  seconds: number,
  onPart: () => void,
): AsyncGenerator<string> {
  const silence = setTimeout(
    () => response.destroy(new Error(`silent for ${silenceTimeoutMs} ms; the connection counts as dead`)),
    silenceTimeoutMs,
  );
  // Bytes alone are no sign that the server still has the watch: a proxy in between may send them for ever.
  const overdue = setTimeout(
    () => response.destroy(new Error(`not ended within ${WATCH_GRACE_MS / 1000} s of its time, ${seconds} s`)),
    seconds * 1000 + WATCH_GRACE_MS,
  );
  const utf8 = new TextDecoder('utf-8');
  let pieces: Buffer[] = [];
  let length = 0;
  try {
    refuseEncoded(response);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      silence.refresh();
      let [start, whole] = [0, 0];
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        const bytes = Buffer.concat([...pieces, chunk.subarray(start, end)]);
        if (!isUtf8(bytes)) throw new Error('a line is not UTF-8');
        const line = utf8.decode(bytes);
        pieces = [];
        length = 0;
        start = end + 1;
        if (line.trim() === '') continue;
        whole++;
        yield line;
      }
      if (whole === 0) onPart();
      pieces.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > LARGEST_BYTES) throw new Error(`a line is longer than ${LARGEST_BYTES} bytes`);
    }
    if (length > 0) throw new Error('ended in the middle of a line');
  } catch (cause) {
    throw cause instanceof SourceError
      ? cause
      : new SourceError(`the watch broke off: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(silence);
    clearTimeout(overdue);
    response.destroy();
  }
}

/** Says that a connection from the pool turned out to be closed. */
class ReusedError extends SourceError {}

function sendOnce(access: Access, path: string, timing: Timing, signal: AbortSignal): Promise<IncomingMessage> {
  const { server, headers, agent } = access;
  const { connectTimeoutMs, requestTimeoutMs } = timing;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const sent = request({
      agent,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port || 443,
      path: server.pathname.replace(/\/$/, '') + path,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'flagz', ...headers },
    });
    const fail = (error: Error): void => {
      release();
      sent.destroy();
      reject(error);
    };
    let late = setTimeout(
      () => fail(new UnansweredError(`no connection to ${server.origin} within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const release = (): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
    };
    const connected = (): void => {
      clearTimeout(late);
      const left = requestTimeoutMs - (performance.now() - started);
      late = setTimeout(
        () => fail(new SourceError(`no answer from ${server.origin} within ${requestTimeoutMs} ms`)),
        Math.max(0, left),
      );
    };
    sent.on('socket', (socket) => {
      if (sent.reusedSocket) return connected();
      socket.setNoDelay(true);
      // A host that is gone is noticed by the kernel; one that is only silent, by our own clock.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      (socket as TLSSocket).once('secureConnect', connected);
    });
    sent.on('error', (cause: NodeJS.ErrnoException & { rawPacket?: Buffer }) => {
      // An answer that is no HTTP: it may hold values of sensitive flags.
      delete cause.rawPacket;
      const isStale = sent.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
      fail(isStale ? new ReusedError(cause.message, { cause }) : unreachable(server, cause));
    });
    const switched = (socket: Duplex): void => {
      socket.destroy();
      const what = `${server.origin} answered with another protocol (101), which was not asked for`;
      fail(new SourceError(`${what}; check server and proxy-url of the kubeconfig`));
    };
    sent.on('upgrade', (_, socket) => switched(socket));
    sent.on('response', (response) => {
      // One that does not say which protocol is no upgrade to Node.
      if (response.statusCode === 101) return switched(response.socket);
      release();
      // Whatever is not read to its end is destroyed with the attempt.
      const onLateAbort = (): void => void response.destroy(signal.reason as Error);
      signal.addEventListener('abort', onLateAbort, { once: true });
      response.once('close', () => signal.removeEventListener('abort', onLateAbort));
      resolve(response);
    });
    sent.end();
  });
}

function unreachable(server: URL, cause: NodeJS.ErrnoException): SourceError {
  if (cause instanceof SourceError) return cause;
  const code = cause.code ?? '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS/.test(code)) {
    const what = `the certificate of ${server.origin} cannot be trusted: ${cause.message} (${code})`;
    const todo = 'check certificate-authority and server of the kubeconfig';
    return new SourceError(`${what}; ${todo}`, { cause, fatalAtStart: true });
  }
  return new SourceError(`cannot reach ${server.origin}: ${cause.message}`, { cause });
}

function refuseEncoded(response: IncomingMessage): void {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  throw new Error(
    `it is encoded with ${JSON.stringify(encoding)}, which was not asked for; a proxy in between must not do that`,
  );
}
