import { register } from 'node:module';
import { FlagSet } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe } from '@flagz/test-runner';

/**
 * Stands in for an installation: the first import finds nothing, the second one a package that does not load. Where
 * version 2 is in the place of version 1, its name here is another.
 */
const hooks = `
  let imports = 0;
  export async function resolve(specifier, context, next) {
    if (!/^@kubernetes\\/client-node(-2)?$/.test(specifier)) return next(specifier, context);
    if (imports++ > 0) return { url: 'data:text/javascript,throw new TypeError("no such thing as bind")', shortCircuit: true };
    const error = new Error("Cannot find package '@kubernetes/client-node' imported from somewhere");
    throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
  }`;

describe('configMapApiSource without a client-node that loads', (it) => {
  it('fails at once, and says how to install it', async () => {
    register(`data:text/javascript,${encodeURIComponent(hooks)}`);
    const version = Number(process.versions.node.split('.')[0]) >= 23 ? 2 : 1;
    const command = `npm install @kubernetes/client-node@${version}`;
    const started = Date.now();
    const missing = `source "configmap shop/flags": the package @kubernetes/client-node is missing; install it: ${command}`;
    assert.is(await start(), missing);
    assert.match(
      await start(),
      new RegExp(`does not load on Node ${process.versions.node}: no such thing as bind; try ${command}`),
    );
    assert.ok(Date.now() - started < 30_000);
  });
});

describe('configMapApiSource()', (it) => {
  it('refuses names that are none, and times out of their range', () => {
    const options = { namespace: 'shop', name: 'flags' };
    assert.throws(
      () => configMapApiSource({ ...options, namespace: 'Shop/..' }),
      /namespace: expected a name of Kubernetes, got "Shop\/\.\."/,
    );
    assert.throws(() => configMapApiSource({ ...options, name: '' }), /name: expected a name of Kubernetes, got ""/);
    for (const time of [{ connectTimeoutMs: 0 }, { requestTimeoutMs: Number.NaN }, { silenceTimeoutMs: 1_999 }]) {
      assert.throws(() => configMapApiSource({ ...options, ...time }), /expected \d+ to 3600000 milliseconds, got/);
    }
  });

  it('names its layer after the ConfigMap, or as it is told', () => {
    assert.is(configMapApiSource({ namespace: 'shop', name: 'flags' }).name, 'configmap shop/flags');
    assert.is(configMapApiSource({ namespace: 'shop', name: 'flags', sourceName: 'cluster' }).name, 'cluster');
  });
});

async function start(): Promise<string> {
  const source = configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig: '/nowhere' });
  return new FlagSet('shop').watch(source, { startTimeoutMs: 60_000 }).then(
    () => 'started',
    (error: unknown) => (error as Error).message,
  );
}
