import { once } from 'node:events';
import { type ServerHttp2Session, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { FlagSet } from '@flagz/core';
import { etcdSource } from '@flagz/etcd';
import { assert, describe, rejects } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';

/** A message of gRPC that holds nothing. */
const EMPTY = Buffer.from([0, 0, 0, 0, 0]);
/** An answer to a read: cluster 1, revision 5, term 3, no keys. */
const NO_KEYS = Buffer.from([0, 0, 0, 0, 8, 0x0a, 6, 0x08, 1, 0x18, 5, 0x20, 3]);

/** Runs a test at a server that answers each call with one message. */
async function answering(messageFor: (path: string) => Buffer, test: (host: string) => Promise<void>): Promise<void> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer().listen(0, '127.0.0.1');
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(messageFor(headers[':path'] ?? ''));
  });
  await once(server, 'listening');
  try {
    await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  }
}

describe('etcdSource() at a server that speaks gRPC and is no etcd', (it) => {
  it('says that a read has no header', () =>
    answering(
      () => EMPTY,
      async (hosts) => {
        const watching = new FlagSet('s').watch(etcdSource({ hosts, prefix: '/a' }), { startTimeoutMs: 1_000 });
        await rejects(
          watching,
          /etcd at http:\S+: an answer without a header, as no etcd gives it; check the endpoint$/,
        );
      },
    ));

  it('says that a word of the watch has none', () =>
    answering(
      (path) => (path.endsWith('/Range') ? NO_KEYS : EMPTY),
      async (hosts) => {
        const flags = new FlagSet('s');
        const watcher = await flags.watch(etcdSource({ hosts, prefix: '/a' }), { required: false });
        await eventually(() => /an answer without a header/.test(watcher.status.lastError?.message ?? ''));
        assert.is(watcher.state, 'starting');
        await watcher.stop();
      },
    ));
});
