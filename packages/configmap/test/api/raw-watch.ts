import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Cluster } from '@flagz/testbed';

/** Watches ConfigMap `flags` with nothing but `node:https`; tells of each `MODIFIED` when its line has been parsed. */
export async function rawWatch(cluster: Cluster, namespace: string, told: () => void): Promise<{ close(): void }> {
  const { certificate: cert, key } = cluster.clientCertificate('admin', 'system:masters');
  const sent = request({
    host: '127.0.0.1',
    port: cluster.port,
    ca: cluster.authority.certificate,
    cert,
    key,
    agent: false,
    path: `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3Dflags&watch=1`,
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  response.on('error', () => {});
  const loaded = once(response, 'data');
  let rest = '';
  response.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line) as { type: string };
      if (event.type === 'MODIFIED') told();
    }
  });
  await loaded;
  return { close: () => sent.destroy() };
}
