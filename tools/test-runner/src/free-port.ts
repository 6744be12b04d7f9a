import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to connections on their way out: Linux from 32768 on, others from 49152 on. */
const [FIRST, END] = [12_000, 32_000];

/** What this process was given: a server that is to listen there may not have begun, or be down for a moment. */
const given = new Set<number>();

/**
 * Finds a port that is free, and stays so until a server of the test listens there: a connection, of which tests open
 * and cut thousands, never gets one of these, also not while the server is down for a moment. Never gives one twice.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (given.has(port) || !(await isFree(port)) || given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** Finds several. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen(port, '127.0.0.1');
    await listening;
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
