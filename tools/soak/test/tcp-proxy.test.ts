import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { assert, describe } from '@flagz/test-runner';
import { TcpProxy } from '@flagz/testbed-etcd';
import { TcpProxy as TcpProxyOfCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';

/** Sends numbers through a proxy, whose delay goes on and off meanwhile; gives what arrived. */
async function throughDelays(
  proxy: (port: number) => Promise<{ port: number; delay(ms: number): void; close(): unknown }>,
): Promise<string> {
  let arrived = '';
  const server = createServer((socket) =>
    socket.on('error', () => {}).on('data', (data) => (arrived += data.toString())),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const between = await proxy((server.address() as AddressInfo).port);
  const client = connect(between.port, '127.0.0.1');
  await once(client, 'connect');
  client.setNoDelay();
  for (let count = 0; count < 100; count++) {
    if (count % 20 === 5) between.delay(30);
    if (count % 20 === 15) between.delay(0);
    client.write(`${count} `);
    const sent = Date.now();
    await eventually(() => Date.now() > sent, { everyMs: 1 });
  }
  await eventually(() => arrived.split(' ').length > 100);
  client.destroy();
  await between.close();
  server.close();
  return arrived;
}

const inOrder = Array.from({ length: 100 }, (_, count) => `${count} `).join('');

describe('TcpProxy', (it) => {
  it('keeps the order of what it delays, as TCP does: the proxy of etcd', async () => {
    const arrived = await throughDelays((port) => TcpProxy.start(port));
    assert.is(arrived, inOrder);
  });

  it('keeps the order of what it delays, as TCP does: the proxy of the API server', async () => {
    const arrived = await throughDelays(async (port) => {
      const proxy = await TcpProxyOfCluster.start({ host: '127.0.0.1', port });
      return { port: proxy.port, delay: (ms: number) => void (proxy.delayMs = ms), close: () => proxy.close() };
    });
    assert.is(arrived, inOrder);
  });
});
