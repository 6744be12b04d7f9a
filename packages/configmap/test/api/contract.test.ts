import { randomBytes } from 'node:crypto';
import { describe, assert } from '@flagz/test-runner';
import { configMapApiSource } from '@flagz/configmap/api';
import { Cluster, Namespace, TcpProxy, whyNoCluster } from '@flagz/testbed';
import { type SourceHarness, eventually, sourceContract } from '@flagz/testing';
import type { RawValue } from '@flagz/core';
import { importClient } from './import-client.ts';

const missing = whyNoCluster();

let cluster: Cluster | undefined;
let namespace: Namespace | undefined;
let token = '';

describe('configMapApiSource: the cluster of the contract', (it) => {
  const start = async (): Promise<void> => {
    await importClient();
    cluster = await Cluster.start();
    namespace = await new Namespace(cluster.api).create();
    await namespace.createServiceAccount('reader');
    await namespace.grant('reader', { verbs: ['list', 'watch'] });
    token = await namespace.token('reader');
    assert.ok(token);
  };
  if (missing) it.skip('starts', missing, start);
  else it('starts', start);
});

sourceContract((name, body) => describe(name, body, { missing }), makeHarness, { stalls: true });

describe('configMapApiSource: the cluster of the contract, afterwards', (it) => {
  const stop = async (): Promise<void> => {
    await namespace?.remove();
    await cluster?.close();
  };
  if (missing) it.skip('ends', missing, stop);
  else it('ends', stop);
});

async function makeHarness(values: Readonly<Record<string, RawValue>>): Promise<SourceHarness> {
  const space = namespace as Namespace;
  const name = `flags-${randomBytes(4).toString('hex')}`;
  const proxy = await TcpProxy.start(cluster as Cluster);
  const kubeConfig = (cluster as Cluster).writeKubeconfig(name, { server: `https://127.0.0.1:${proxy.port}`, token });
  const held = new Map<string, string>();
  const put = async (changes: Readonly<Record<string, RawValue>>): Promise<void> => {
    for (const [key, value] of Object.entries(changes)) held.set(key, String(value));
    await space.putConfigMap(name, { data: Object.fromEntries(held) });
  };
  await put(values);
  return {
    source: configMapApiSource({ namespace: space.name, name, kubeConfig }),
    put,
    async remove(key) {
      held.delete(key);
      await put({});
    },
    interrupt: async () => proxy.refuse(),
    restore: async () => proxy.accept(),
    stall: async () => proxy.stall(),
    resume: async () => proxy.resume(),
    async close() {
      proxy.resume();
      await proxy.close();
      await eventually(() => proxy.open === 0);
    },
  };
}
