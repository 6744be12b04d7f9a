import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, throws } from '@flagz/test-runner';
import type { KubeConfigLike } from '../../src/api/kube-config.ts';

const CONFIG: KubeConfigLike = {
  getCurrentCluster: () => null,
  getCurrentUser: () => null,
  applyToHTTPSOptions: async () => {},
};

describe('options of configMapApiSource()', (it) => {
  const make = (options: object): unknown => configMapApiSource({ namespace: 'shop', name: 'flags', ...options });

  const refuses = (options: object, matcher: RegExp | string): void => {
    assert.instance(
      throws(() => make(options), matcher),
      TypeError,
    );
  };

  it('take what Kubernetes takes for a name', () => {
    for (const name of ['a', '7', 'a.b', 'a-b.c-d.7', 'a--b', 'a'.repeat(253), `${'a'.repeat(100)}.b`]) make({ name });
    for (const namespace of ['a', '7', 'a-b', 'a'.repeat(63)]) make({ namespace });
  });

  it('refuse what is no name of Kubernetes', () => {
    for (const name of [
      '',
      '.',
      'a..b',
      '.a',
      'a.',
      'a.-b',
      'a-.b',
      '-a',
      'A',
      'a_b',
      'a/b',
      'a\n',
      'a'.repeat(254),
      7,
    ])
      refuses({ name }, /^configMapApiSource: name: expected a name of Kubernetes, got /);
    for (const namespace of ['', 'a.b', '-a', 'a-', 'A', 'a/b', 'a\n', 'a'.repeat(64), null])
      refuses({ namespace }, /^configMapApiSource: namespace: expected a name of Kubernetes, got /);
  });

  it('take a path, a KubeConfig, or neither', () => {
    for (const kubeConfig of ['/etc/kubeconfig', CONFIG, undefined]) make({ kubeConfig });
    for (const kubeConfig of ['/etc/kubeconfig', undefined]) make({ kubeConfig, context: 'test' });
  });

  it('refuse what is neither, and say what is expected', () => {
    const half = { ...CONFIG, applyToHTTPSOptions: undefined };
    for (const [kubeConfig, got] of [
      [null, 'null'],
      [{}, 'an object'],
      [half, 'an object'],
      [[], 'a list'],
      [7, 'a number'],
      ['', 'an empty text'],
    ] as const) {
      const expected = 'the path of a kubeconfig, or a KubeConfig of @kubernetes/client-node';
      refuses({ kubeConfig }, `configMapApiSource: kubeConfig: expected ${expected}, got ${got}`);
    }
  });

  it('refuse a context beside a KubeConfig, which has its own, and one that is no text', () => {
    refuses(
      { kubeConfig: CONFIG, context: 'test' },
      'configMapApiSource: context: a KubeConfig has its own; call its setCurrentContext() instead',
    );
    refuses({ context: 7 }, /context: expected the name of a context, got a number/);
    assert.ok(make({ kubeConfig: CONFIG, context: undefined }));
  });
});
