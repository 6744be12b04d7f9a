import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { FlagSet, int } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assert, describe, rejects } from '@flagz/test-runner';
import { credentialsOf } from '../../src/api/credentials.ts';
import { tempDir } from '../temp-dir.ts';
import { Double } from './double.ts';

/** Prints these words when it is run. */
function printing(words: string): object {
  const apiVersion = 'client.authentication.k8s.io/v1';
  return { apiVersion, command: 'printf', args: ['%s', words], interactiveMode: 'Never' };
}

/** Makes users of a kubeconfig who have a token in one place or another. */
const PLACES: Readonly<Record<string, (token: string, path: string) => object>> = {
  'a kubeconfig': (token) => ({ token }),
  'a token-file': (token, path) => {
    writeFileSync(path, token);
    return { 'token-file': path };
  },
  'the token file of a provider': (token, path) => {
    writeFileSync(path, token);
    return { 'auth-provider': { name: 'x', config: { tokenFile: path } } };
  },
  'an exec plugin': (token) => ({ exec: printing(JSON.stringify({ status: { token } })) }),
};

describe('configMapApiSource: a token', (it) => {
  for (const [place, userWith] of Object.entries(PLACES)) {
    for (const token of ['one\n', ' one \r\n']) {
      it(`of ${place} is shown without the white space around it: ${JSON.stringify(token)}`, async () => {
        using temp = tempDir();
        const double = await Double.start();
        const flags = new FlagSet('shop');
        try {
          Object.assign(double, { token: 'one', data: { rate: '20' } });
          const rate = flags.dynamic('rate', int, 10, 'A rate.');
          const kubeConfig = withUser(double.kubeConfig(), userWith(token, temp.join('token')));
          await flags.watch(configMapApiSource({ namespace: 'shop', name: 'flags', kubeConfig }));
          assert.is(rate.get(), 20);
        } finally {
          for (const watcher of flags.watchers) await watcher.stop();
          await double.close();
        }
      });
    }
  }

  const whose: Readonly<Record<string, RegExp>> = {
    'a kubeconfig': /^the token of the kubeconfig's user has /,
    'a token-file': /^the token of the kubeconfig's user has /,
    'the token file of a provider': /^the token in the file "\/\S+\/token" has /,
    'an exec plugin': /^the token that the exec plugin "printf" printed has /,
  };
  for (const [place, userWith] of Object.entries(PLACES)) {
    it(`of ${place} that no header takes is refused, and not quoted`, async () => {
      using temp = tempDir();
      for (const token of ['hunter2\nhunter2', 'hunter2\0', 'hunter2€']) {
        const error = await refusedFor(userWith(token, temp.join('token')), whose[place] ?? /^$/);
        assert.match(error.message, / has characters that no HTTP header takes; (?:renew it|run it by hand)$/);
        assert.not.match(inspect(error, { depth: Infinity }), /hunter2/);
      }
    });
  }

  it('of an exec plugin that is all white space is none', async () => {
    const said = /^the exec plugin "printf" gave no credentials: it printed no credential; run it by hand$/;
    await refusedFor({ exec: printing('{"status":{"token":"\\n"}}') }, said);
  });

  it('file that is empty is named', async () => {
    using temp = tempDir();
    const said = /^the token file "\/\S+\/token" is empty: in a pod the kubelet .*; elsewhere name another tokenFile$/;
    await refusedFor(PLACES['the token file of a provider']?.('\n', temp.join('token')) ?? {}, said);
  });

  it('is not blamed for the name of somebody else that no header takes', async () => {
    const said = /^the header Impersonate-User of the kubeconfig's user has characters that no HTTP header takes; /;
    await refusedFor({ token: 'one', as: 'Zoë€' }, said);
  });
});

async function refusedFor(user: object, message: RegExp): Promise<Error> {
  const [name, server] = ['test', 'https://127.0.0.1:1'];
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      'current-context': name,
      clusters: [{ name, cluster: { server } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  );
  return rejects(credentialsOf(config, new AbortController().signal), message);
}

/** Puts a user into a kubeconfig that has one. */
function withUser(path: string, user: object): string {
  const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly users: { user: object }[] };
  for (const entry of config.users) entry.user = user;
  writeFileSync(path, JSON.stringify(config));
  return path;
}
