import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves one JSON document with its ETag, and has the faults that a test asks for. */
export interface DocumentServer {
  readonly url: string;
  /** What was asked for and answered, in order: `GET 200`, `GET if-none-match 304`. */
  readonly log: readonly string[];
  /** The document: flag name to value. */
  document: Record<string, unknown>;
  /** Answers every request this way instead. */
  answerWith: ((response: ServerResponse) => void) | undefined;
  /** Refuses connections until `listen`. */
  stopListening(): Promise<void>;
  listen(): Promise<void>;
}

/** Starts a server on a free port of this machine. */
export async function startDocumentServer(document: Record<string, unknown>): Promise<DocumentServer> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    // A connection that is kept alive would count as a resource that the source left behind.
    response.setHeader('connection', 'close');
    if (served.answerWith) return served.answerWith(response);
    answer(request, response, served.document);
    log.push(`GET${request.headers['if-none-match'] === undefined ? '' : ' if-none-match'} ${response.statusCode}`);
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const served: DocumentServer = {
    url: `http://127.0.0.1:${port}/flags.json?token=hidden`,
    log,
    document,
    answerWith: undefined,
    async stopListening() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
    async listen() {
      await listen(port);
    },
  };
  return served;
}

function answer(request: IncomingMessage, response: ServerResponse, document: Record<string, unknown>): void {
  const text = JSON.stringify(document);
  const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
  response.setHeader('etag', etag);
  if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}
