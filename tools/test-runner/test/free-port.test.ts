import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { assert, describe } from '@flagz/test-runner';
import { freePort, freePorts } from '@flagz/test-runner/free-port';

describe('freePort()', (it) => {
  it('gives a port on which a server can listen, and none that connections get', async () => {
    const port = await freePort();
    assert.ok(port >= 12_000 && port < 32_000, String(port));
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  it('never gives one that is taken', async () => {
    const { server, port } = await take();
    try {
      // The taken one is drawn first, and again, and then another.
      assert.is.not(await drawing([port, port, port + 1]), port);
    } finally {
      server.close();
    }
  });

  it('never gives one twice, also while nobody listens there', async () => {
    const [port = 0] = await freePorts(1);
    assert.is.not(await drawing([port, port, port + 1]), port);
  });
});

/** Listens on a port that this process was not given. */
async function take(from = 20_000): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(from, '127.0.0.1');
  try {
    await once(server, 'listening');
    return { server, port: from };
  } catch {
    return take(from + 1);
  }
}

/** Asks for a port while chance draws these first. */
async function drawing(ports: readonly number[]): Promise<number> {
  const { random } = Math;
  const draws = ports.map((port) => (port - 12_000) / 20_000 + 1e-9);
  Math.random = () => draws.shift() ?? random();
  try {
    return await freePort();
  } finally {
    Math.random = random;
  }
}
