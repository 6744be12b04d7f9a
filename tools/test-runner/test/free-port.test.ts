import { once } from 'node:events';
import { createServer } from 'node:net';
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
    const { random } = Math;
    const [taken] = await freePorts(1);
    const server = createServer().listen(taken, '127.0.0.1');
    await once(server, 'listening');
    // The taken one is drawn first, and again, and then another.
    const draws = [taken, taken, (taken ?? 0) + 1].map((port) => ((port ?? 0) - 12_000) / 20_000 + 1e-9);
    Math.random = () => draws.shift() ?? random();
    try {
      assert.is.not(await freePort(), taken);
    } finally {
      Math.random = random;
      server.close();
    }
  });
});
